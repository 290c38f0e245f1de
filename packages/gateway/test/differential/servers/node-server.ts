/** Answers of many shapes, as Node.js makes them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

const TEXT = Buffer.from("The quick brown fox jumps over the lazy dog.\n".repeat(10));

type Act = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

function send(response: ServerResponse, status: number, body: Buffer | string, ...fields: string[]): void {
  response.writeHead(status, [...fields, "Content-Length", String(Buffer.byteLength(body))]);
  response.end(body);
}

const ACTS: Readonly<Record<string, Act>> = {
  "/echo"(request, response, body) {
    const lines = [`${request.method} ${request.url}`];
    const { rawHeaders } = request;
    for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    send(response, 200, Buffer.concat([Buffer.from(`${lines.join("\n")}\n\n`, "latin1"), body]));
  },
  "/plain": (_, response) => send(response, 200, TEXT, "Content-Type", "text/plain"),
  "/empty": (_, response) => send(response, 200, ""),
  "/long": (_, response) => send(response, 200, Buffer.alloc(450_000, TEXT)),
  "/chunked"(_, response) {
    for (const piece of ["one", "two", TEXT]) response.write(piece);
    response.end();
  },
  "/trailers"(request, response) {
    // Node.js knows trailers only where there are chunks.
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    response.writeHead(200, { Trailer: "X-Sum" });
    response.write("one");
    response.addTrailers({ "X-Sum": "1" });
    response.end();
  },
  "/no-content": (_, response) => response.writeHead(204, { "X-A": "b" }).end(),
  "/not-modified": (_, response) => response.writeHead(304, { ETag: '"a"' }).end(),
  "/redirect": (_, response) => send(response, 302, "", "Location", "/plain?x=1#y"),
  "/broken": (_, response) => send(response, 500, "broken\n"),
  "/teapot": (_, response) => send(response, 418, ""),
  "/gzip": (_, response) =>
    send(response, 200, gzipSync(TEXT), "Content-Encoding", "gzip", "Vary", "Accept-Encoding"),
  "/events"(_, response) {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const event of ["data: 1\n\n", "event: two\ndata: 2\n\n", ": still here\n\n"]) response.write(event);
    response.end();
  },
  "/duplicates": (_, response) =>
    send(response, 200, "x", "Set-Cookie", "a=1", "X-B", "1", "Set-Cookie", "c=2; HttpOnly", "X-B", "2"),
  "/names": (_, response) =>
    send(response, 200, "x", "x-lower", "1", "X-UPPER", "2", "X-mIxEd", "3", "x_under", "4", "X-Empty", ""),
  "/values": (_, response) =>
    send(response, 200, "x", "X-Latin1", "caf\xe9", "X-Quoted", '"a, b";c=d', "X-Tab", "a\tb"),
  "/big-head": (_, response) =>
    send(
      response,
      200,
      "x",
      ...Array.from({ length: 40 }, (_value, number) => [`X-${number}`, "v".repeat(1000)]).flat(),
    ),
  "/until-close"(request) {
    request.socket.end(`HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n${TEXT.toString()}`);
  },
  "/close": (_, response) => send(response, 200, "bye", "Connection", "close"),
  "/range": (_, response) =>
    send(response, 206, TEXT.subarray(5, 10), "Content-Range", `bytes 5-9/${TEXT.length}`),
  "/early-hints"(_, response) {
    response.writeEarlyHints({ link: "</a.css>; rel=preload" });
    send(response, 200, "x");
  },
};

export function createNodeServer(): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const act = ACTS[(request.url ?? "").split("?", 1)[0] ?? ""];
      if (act === undefined) send(response, 404, "no such shape\n");
      else act(request, response, Buffer.concat(chunks));
    });
  });
}
