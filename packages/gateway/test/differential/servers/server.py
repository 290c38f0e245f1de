"""Answers of many shapes, as Python's http.server makes them; the port is its first line."""

import gzip
import os
import threading
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 10


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.read_body()
        path = self.path.split("?", 1)[0]
        act = getattr(self, "on_" + path[1:].replace("-", "_"), None)
        if act is None:
            self.send(404, b"no such shape\n")
        else:
            act(body)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                if size == 0:
                    break
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def send(self, status, body, *fields):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunks(self, *pieces, trailer=b""):
        if self.command == "HEAD":
            return
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n" + trailer + b"\r\n")

    def on_echo(self, body):
        lines = ["%s %s" % (self.command, self.path)]
        lines += ["%s: %s" % field for field in self.headers.items()]
        self.send(200, "\n".join(lines).encode("latin1") + b"\n\n" + body)

    def on_plain(self, _):
        self.send(200, TEXT, ("Content-Type", "text/plain"))

    def on_empty(self, _):
        self.send(200, b"")

    def on_long(self, _):
        self.send(200, TEXT * 1000)

    def on_chunked(self, _):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunks(b"one", b"two", TEXT)

    def on_trailers(self, _):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Trailer", "X-Sum")
        self.end_headers()
        self.chunks(b"one", trailer=b"X-Sum: 1\r\n")

    def on_no_content(self, _):
        self.send_response(204)
        self.send_header("X-A", "b")
        self.end_headers()

    def on_not_modified(self, _):
        self.send_response(304)
        self.send_header("ETag", '"a"')
        self.end_headers()

    def on_redirect(self, _):
        self.send(302, b"", ("Location", "/plain?x=1#y"))

    def on_broken(self, _):
        self.send(500, b"broken\n")

    def on_teapot(self, _):
        self.send(418, b"")

    def on_gzip(self, _):
        self.send(200, gzip.compress(TEXT, mtime=0), ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))

    def on_events(self, _):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunks(b"data: 1\n\n", b"event: two\ndata: 2\n\n", b": still here\n\n")

    def on_duplicates(self, _):
        self.send(200, b"x", ("Set-Cookie", "a=1"), ("X-B", "1"), ("Set-Cookie", "c=2; HttpOnly"), ("X-B", "2"))

    def on_names(self, _):
        self.send(200, b"x", ("x-lower", "1"), ("X-UPPER", "2"), ("X-mIxEd", "3"), ("x_under", "4"), ("X-Empty", ""))

    def on_values(self, _):
        self.send(200, b"x", ("X-Latin1", "caf\xe9"), ("X-Quoted", '"a, b";c=d'), ("X-Tab", "a\tb"))

    def on_big_head(self, _):
        self.send(200, b"x", *[("X-%d" % number, "v" * 1000) for number in range(40)])

    def on_until_close(self, _):
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(TEXT)

    def on_close(self, _):
        self.close_connection = True
        self.send(200, b"bye", ("Connection", "close"))

    def on_range(self, _):
        self.send(206, TEXT[5:10], ("Content-Range", "bytes 5-9/%d" % len(TEXT)), ("Accept-Ranges", "bytes"))

    def on_early_hints(self, _):
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        self.send(200, b"x")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
# Ends with whoever started it.
sys.stdin.read()
os._exit(0)
