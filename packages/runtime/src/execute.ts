import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpFailure } from "./http-failure.ts";
import { OutputText } from "./output-text.ts";
import { runCommand } from "./run-command.ts";
import type { Settings } from "./settings.ts";
import { Utf8Pieces, type Piece } from "./utf8-pieces.ts";

interface ExecuteRequest {
  command: string;
  timeoutMs: number;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const TIMEOUT_LIMIT_SECONDS = 86_400;

/** `POST /execute`: runs the command to its end and answers with its output. */
export async function execute(
  settings: Settings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { command, timeoutMs } = await readRequest(settings, request);
  const stdout = new OutputText(settings.outputLimitBytes);
  const stderr = new OutputText(settings.outputLimitBytes);
  const { exitCode, timedOut } = await runCommand({
    command,
    timeoutMs,
    cwd: settings.workspace,
    signal: clientGone(response),
    onOutput: (stream, data) => (stream === "stdout" ? stdout : stderr).push(data),
  });
  const note = timedOut ? timeoutNote(timeoutMs) : "";
  const body = JSON.stringify({ stdout: stdout.end(), stderr: stderr.end() + note, exit_code: exitCode });
  response
    .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    .end(body);
}

/** `POST /execute/stream`: the same as lines of JSON while it runs, the last with the exit code. */
export async function executeStream(
  settings: Settings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { command, timeoutMs } = await readRequest(settings, request);
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.flushHeaders();
  const pieces = { stdout: new Utf8Pieces(), stderr: new Utf8Pieces() };
  const send = async (stream: "stdout" | "stderr", parts: readonly Piece[]): Promise<void> => {
    for (const part of parts) {
      if (response.write(`${JSON.stringify({ stream, ...part })}\n`) || response.destroyed) continue;
      await Promise.race([once(response, "drain"), once(response, "close")]);
    }
  };
  const { exitCode, timedOut } = await runCommand({
    command,
    timeoutMs,
    cwd: settings.workspace,
    signal: clientGone(response),
    onOutput: (stream, data) => send(stream, pieces[stream].push(data)),
  });
  await send("stdout", pieces.stdout.end());
  await send("stderr", pieces.stderr.end());
  if (timedOut) await send("stderr", [{ data: timeoutNote(timeoutMs) }]);
  response.end(`${JSON.stringify({ exit_code: exitCode })}\n`);
}

function timeoutNote(timeoutMs: number): string {
  return `[timed out after ${timeoutMs / 1000} s: the command and its children were killed]\n`;
}

function clientGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

async function readRequest(settings: Settings, request: IncomingMessage): Promise<ExecuteRequest> {
  let body = "";
  request.setEncoding("utf8");
  for await (const part of request) {
    body += part as string;
    if (body.length > BODY_LIMIT_BYTES)
      throw new HttpFailure(413, `The request is larger than ${BODY_LIMIT_BYTES} bytes.`);
  }
  return parseRequest(settings, body);
}

/** @throws HttpFailure 400 that names what is wrong. */
export function parseRequest(settings: Settings, body: string): ExecuteRequest {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new HttpFailure(400, 'The body is no JSON. Send {"command": "…"} as application/json.');
  }
  const { command, timeout_seconds: timeout } = (value ?? {}) as {
    command?: unknown;
    timeout_seconds?: unknown;
  };
  if (typeof command !== "string" || command === "") {
    throw new HttpFailure(400, '"command" is missing or no text. Send {"command": "…"}.');
  }
  if (command.includes("\0")) throw new HttpFailure(400, '"command" holds a NUL character.');
  if (timeout === undefined || timeout === null)
    return { command, timeoutMs: settings.timeoutSeconds * 1000 };
  if (typeof timeout !== "number" || !(timeout > 0) || timeout > TIMEOUT_LIMIT_SECONDS) {
    throw new HttpFailure(400, `"timeout_seconds" is no number above 0 and up to ${TIMEOUT_LIMIT_SECONDS}.`);
  }
  return { command, timeoutMs: timeout * 1000 };
}
