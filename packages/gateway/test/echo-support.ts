/** What most tests of the gateway begin with: a sandbox that tells what it saw. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { expect } from "vitest";
import { entry, openBench, type Bench } from "./support.ts";

/** Tells what the sandbox saw. */
export function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
}

export interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A gateway before the sandbox `alice/box`, and that sandbox's address. */
export async function openEcho(
  handler: Parameters<typeof openBench>[0] = echo,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<{ bench: Bench; base: string }> {
  const bench = await openBench(handler, flags);
  bench.routes.put("alice-box", entry("alice", "box"));
  return { bench, base: `${bench.gateway.url}/alice/box:${bench.backendPort}` };
}

export interface Answered {
  code: string;
  detail: string;
  status: number;
  retryable: boolean;
}

/** Of an answer of the gateway's own. */
export async function problemOf(response: Response): Promise<Answered> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Answered;
  expect(response.headers.get("sandgate-error")).toBe(problem.code);
  expect(problem.status).toBe(response.status);
  return problem;
}
