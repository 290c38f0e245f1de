import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { HEADER_ERROR, toProblem, type Problem, type SandgateError } from "@sandgate/contract";

/** Answers with the error: a page for a browser that asked for one, else application/problem+json. */
export function sendProblem(response: ServerResponse, error: SandgateError, page: boolean): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { body, headers } = render(error, page);
  // What is left of the request's body is not read, so the connection cannot be used again.
  if (!response.req.complete) headers["Connection"] = "close";
  response.writeHead(error.status, headers);
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/** The same on a connection that asked for an upgrade. */
export function sendProblemOnSocket(socket: Duplex, error: SandgateError): void {
  const { body, headers } = render(error, false);
  const lines = Object.entries({ ...headers, Connection: "close" }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(`HTTP/1.1 ${error.status} ${error.code}\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
}

function render(error: SandgateError, page: boolean): { body: string; headers: Record<string, string> } {
  const problem = toProblem(error);
  const body = page ? renderPage(problem, error.retryAfterSeconds) : JSON.stringify(problem);
  return {
    body,
    headers: {
      "Content-Type": page ? "text/html; charset=utf-8" : "application/problem+json",
      "Content-Length": String(Buffer.byteLength(body)),
      "Cache-Control": "no-store",
      [title(HEADER_ERROR)]: problem.code,
      ...(page ? { "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'" } : {}),
      ...(error.retryAfterSeconds === undefined ? {} : { "Retry-After": String(error.retryAfterSeconds) }),
      ...(problem.code === "UNAUTHENTICATED" ? { "WWW-Authenticate": 'Bearer realm="sandgate"' } : {}),
    },
  };
}

function title(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function renderPage(problem: Problem, retryAfterSeconds: number | undefined): string {
  const refresh =
    retryAfterSeconds === undefined ? "" : `<meta http-equiv="refresh" content="${retryAfterSeconds}">`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}
<title>${escape(problem.title)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1.5em}
h1{font-size:1.4em}code{opacity:.7}</style></head>
<body><h1>${escape(problem.title)}</h1><p>${escape(problem.detail)}</p><p>${escape(problem.remedy)}</p>
<p><code>${problem.status} ${problem.code}</code></p></body></html>
`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
