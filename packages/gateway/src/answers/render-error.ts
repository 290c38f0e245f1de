import { HEADER_ERROR, toProblem, type Problem, type SandgateError } from "@sandgate/contract";
import type { OwnAnswer } from "../engine/exchange-plan.ts";

/** As application/problem+json, or as a page for a browser that asked for one. */
export function renderProblem(error: SandgateError, page: boolean, requestId: string): OwnAnswer {
  const problem = toProblem(error, requestId);
  const body = page ? renderPage(problem, error.retryAfterSeconds) : JSON.stringify(problem);
  return {
    status: error.status,
    body,
    headers: {
      "Content-Type": page ? "text/html; charset=utf-8" : "application/problem+json",
      ...commonHeaders(error),
      ...(page ? { "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'" } : {}),
    },
  };
}

/** As `{"detail": …}`, upstream's shape, with the status that its clients know. */
export function renderDetail(error: SandgateError, status: number, sandbox: string | undefined): OwnAnswer {
  const prefix =
    status === 502 && sandbox !== undefined ? `Could not connect to the backend sandbox: ${sandbox}. ` : "";
  const body = JSON.stringify({ detail: prefix + error.message });
  return {
    status,
    body,
    headers: { "Content-Type": "application/json", ...commonHeaders(error) },
  };
}

/** What every error says, in whatever shape. */
export function commonHeaders(error: SandgateError): Record<string, string> {
  return {
    "Cache-Control": "no-store",
    [title(HEADER_ERROR)]: error.code,
    ...(error.retryAfterSeconds === undefined ? {} : { "Retry-After": String(error.retryAfterSeconds) }),
    ...(error.code === "UNAUTHENTICATED" ? { "WWW-Authenticate": 'Bearer realm="sandgate"' } : {}),
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
<p><code>${problem.status} ${problem.code} ${escape(problem.requestId)}</code></p></body></html>
`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
