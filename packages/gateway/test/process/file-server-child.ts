/**
 * A file server in a process of its own, whose files are as long as their names say: `GET /123`, whole or by `Range`. What is
 * sent to it is summed up. Told of by messages: its port, and how many bytes it has written when asked.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { Checksum, contentOf } from "./big-content.ts";

let written = 0;

function* counted(from: number, to: number): Generator<Buffer> {
  for (const piece of contentOf(from, to)) {
    written += piece.length;
    yield piece;
  }
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== "GET") {
    const sum = new Checksum();
    request.on("data", (piece: Buffer) => sum.add(piece));
    request.on("end", () => response.end(sum.toString()));
    return;
  }
  const size = Number((request.url ?? "").slice(1));
  const range = /^bytes=([0-9]+)-([0-9]+)$/.exec(request.headers.range ?? "");
  const from = Number(range?.[1] ?? 0);
  const to = range === null ? size : Math.min(Number(range[2]) + 1, size);
  response.writeHead(range === null ? 200 : 206, {
    "content-length": to - from,
    "accept-ranges": "bytes",
    ...(range === null ? {} : { "content-range": `bytes ${from}-${to - 1}/${size}` }),
  });
  Readable.from(counted(from, to), { highWaterMark: 1 }).pipe(response);
}

const server = createServer(serve);
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("message", () => process.send?.(written));
process.on("disconnect", () => process.exit());
