"""The least that speaks HTTP/2 by prior knowledge: answers every request with `hello by HTTP/2`, in frames made by hand."""

import socketserver
import struct

DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PREFACE_BYTES = 24
# ":status: 200" of the static table.
STATUS_200 = b"\x88"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.read(PREFACE_BYTES)
        self.wfile.write(frame(SETTINGS, 0, 0))
        while head := self.rfile.read(9):
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            payload = self.rfile.read(int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & ACK:
                self.wfile.write(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                self.wfile.write(frame(PING, ACK, 0, payload))
            elif kind == HEADERS:
                answer = frame(HEADERS, END_HEADERS, stream, STATUS_200)
                self.wfile.write(answer + frame(DATA, END_STREAM, stream, b"hello by HTTP/2"))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


Server(("0.0.0.0", 7000), Handler).serve_forever()
