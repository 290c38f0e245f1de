/**
 * The backend that looks at what it gets, a process of its own on the load's core: says what a request was (`/saw`), counts an
 * upload (`/sink`), sends events (`/events`), and echoes the frames of a WebSocket. Raw sockets, so that it is no brake.
 *
 * Arguments: the port.
 */
import { createServer, type Socket } from "node:net";
import { bufferedSocket } from "../buffered-socket.ts";
import { POD_ADDRESSES } from "../sandboxes.ts";
import { createEventStreams } from "./event-stream.ts";
import { headerOf, readHead, type SeenHead } from "./request-head.ts";
import { acceptOf, echoFrames } from "./websocket-frames.ts";

const port = Number(process.argv[2]);
const buffer = Buffer.allocUnsafeSlow(256 * 1024);
const events = createEventStreams();
const EMPTY = Buffer.alloc(0);

/** What a connection is in the middle of. */
type Phase =
  | { kind: "head" }
  | { kind: "body"; head: SeenHead; text: string; missing: number }
  | { kind: "upload"; bytes: number; missing: number }
  | { kind: "echo" }
  | { kind: "events" };

function serve(accepted: Socket): void {
  let phase: Phase = { kind: "head" };
  let rest: Buffer = EMPTY;

  function take(bytes: Buffer, socket: Socket): void {
    if (phase.kind === "upload") upload(phase, bytes, socket);
    else if (phase.kind === "echo") echo(bytes, socket);
    else if (phase.kind === "body") body(phase, bytes, socket);
    else if (phase.kind === "head") head(bytes, socket);
  }

  function head(bytes: Buffer, socket: Socket): void {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const end = all.indexOf("\r\n\r\n");
    if (end === -1) {
      rest = Buffer.from(all);
      return;
    }
    rest = EMPTY;
    const seen = readHead(all.toString("latin1", 0, end));
    phase = phaseOf(seen, socket);
    take(all.subarray(end + 4), socket);
  }

  function phaseOf(seen: SeenHead, socket: Socket): Phase {
    const key = headerOf(seen, "sec-websocket-key");
    if (key !== undefined) {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
      );
      return { kind: "echo" };
    }
    if (seen.target === "/events") {
      events.add(socket);
      return { kind: "events" };
    }
    const missing = Number(headerOf(seen, "content-length") ?? 0);
    return seen.target === "/sink"
      ? { kind: "upload", bytes: missing, missing }
      : { kind: "body", head: seen, text: "", missing };
  }

  function upload(current: { bytes: number; missing: number }, bytes: Buffer, socket: Socket): void {
    current.missing -= bytes.length;
    if (current.missing > 0) return;
    answer(socket, JSON.stringify({ received: current.bytes - current.missing }));
    phase = { kind: "head" };
  }

  function body(
    current: { head: SeenHead; text: string; missing: number },
    bytes: Buffer,
    socket: Socket,
  ): void {
    current.missing -= bytes.length;
    current.text += bytes.toString("latin1");
    if (current.missing > 0) return;
    answer(socket, JSON.stringify({ ...current.head, body: current.text }));
    phase = { kind: "head" };
  }

  function echo(bytes: Buffer, socket: Socket): void {
    const frames = echoFrames(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]));
    rest = frames.rest.length === 0 ? EMPTY : Buffer.from(frames.rest);
    if (frames.answer.length > 0) socket.write(frames.answer);
  }

  bufferedSocket(accepted, buffer, take);
}

function answer(socket: Socket, text: string): void {
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text, "latin1")}\r\n\r\n${text}`,
    "latin1",
  );
}

for (const address of POD_ADDRESSES) {
  createServer({ pauseOnConnect: true }, serve).listen({ host: address, port, backlog: 16_384 });
}
