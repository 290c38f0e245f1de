import type { ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { ApiError } from "./api-error.ts";

/** What a handler answers with. */
export interface Answer {
  readonly status: number;
  /** Whole, or in pieces that follow each other without anything between them. */
  readonly body: string | Uint8Array | readonly string[];
  /** JSON where absent. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A handler's answer that lasts: it writes head and body itself. */
export interface StreamedAnswer {
  readonly stream: (response: ServerResponse) => Promise<void>;
}

const JSON_TYPE = "application/json";
const GZIP_MIN_BYTES = 128 * 1024;
const WRITE_CHARS = 256 * 1024;
const compress = promisify(gzip);

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value) };
}

export function errorAnswer(error: ApiError): Answer {
  const seconds = error.details?.retryAfterSeconds;
  return {
    status: error.code,
    body: JSON.stringify(error.toStatus()),
    ...(seconds === undefined ? {} : { headers: { "Retry-After": String(seconds) } }),
  };
}

/** Writes an answer, compressed where that is wanted and pays. */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  acceptEncoding: string,
): Promise<void> {
  response.statusCode = answer.status;
  response.setHeader("Content-Type", answer.contentType ?? JSON_TYPE);
  response.setHeader("Cache-Control", "no-cache, private");
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  const { body } = answer;
  const size = typeof body === "string" || body instanceof Uint8Array ? body.length : totalLength(body);
  if (size > GZIP_MIN_BYTES && /(^|,)\s*gzip\s*(;|,|$)/.test(acceptEncoding)) {
    const whole =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : body.join(""));
    const packed = await compress(whole, { level: constants.Z_BEST_SPEED });
    response.setHeader("Content-Encoding", "gzip");
    response.setHeader("Vary", "Accept-Encoding");
    response.end(packed);
    return;
  }
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.end(body);
    return;
  }
  await writePieces(response, body);
}

/** Grouped into large writes, each waiting for the reader, so that nothing is held twice. */
async function writePieces(response: ServerResponse, pieces: readonly string[]): Promise<void> {
  let group: string[] = [];
  let chars = 0;
  for (const piece of pieces) {
    group.push(piece);
    chars += piece.length;
    if (chars < WRITE_CHARS) continue;
    const flowing = response.write(group.join(""));
    group = [];
    chars = 0;
    if (!flowing && !(await drained(response))) return;
  }
  response.end(group.join(""));
}

/** A reader that takes nothing for so long is not coming back. */
const STALL_MS = 60_000;

/** Waits until the reader has caught up; false if it has gone, or does not read and is therefore cut off. */
export function drained(response: ServerResponse): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  if (!response.writableNeedDrain) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (result: boolean): void => {
      clearTimeout(stalled);
      response.off("drain", onDrain);
      response.off("close", onClose);
      resolve(result);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    const stalled = setTimeout(() => {
      response.destroy();
      settle(false);
    }, STALL_MS);
    response.on("drain", onDrain);
    response.on("close", onClose);
  });
}

function totalLength(pieces: readonly string[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
