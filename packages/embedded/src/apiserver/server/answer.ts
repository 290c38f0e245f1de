import type { ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { ApiError } from "./api-error.ts";

/** What a handler answers with. */
export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array | ListBody;
  /** JSON where absent. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The text of a list, which is put together as it is written. */
export interface ListBody {
  /** Up to the first item. */
  readonly head: string;
  readonly items: readonly string[];
  readonly tail: string;
}

/** A handler's answer that lasts: it writes head and body itself. */
export interface StreamedAnswer {
  readonly stream: (response: ServerResponse) => Promise<void>;
}

const JSON_TYPE = "application/json";
const GZIP_MIN_BYTES = 128 * 1024;
/** Larger ones cost the thread twice as much: the memory for each is then fetched from the system, and given back. */
const WRITE_CHARS = 32 * 1024;
const compress = promisify(gzip);

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value) };
}

export function errorAnswer(error: ApiError): Answer & { readonly body: string } {
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
  const isList = typeof body !== "string" && !(body instanceof Uint8Array);
  const size = isList ? lengthOf(body) : body.length;
  if (size > GZIP_MIN_BYTES && /(^|,)\s*gzip\s*(;|,|$)/.test(acceptEncoding)) {
    const whole = isList ? body.head + body.items.join(",") + body.tail : body;
    const packed = await compress(whole, { level: constants.Z_BEST_SPEED });
    response.setHeader("Content-Encoding", "gzip");
    response.setHeader("Vary", "Accept-Encoding");
    response.end(packed);
  } else if (isList) await writeList(response, body);
  else response.end(body);
}

/** In parts, each waiting for the reader, so that nothing is held twice. */
async function writeList(response: ServerResponse, { head, items, tail }: ListBody): Promise<void> {
  let before = head;
  let start = 0;
  let chars = 0;
  for (const [index, item] of items.entries()) {
    chars += item.length;
    if (chars < WRITE_CHARS) continue;
    const flowing = response.write(before + items.slice(start, index + 1).join(","));
    before = ",";
    start = index + 1;
    chars = 0;
    if (!flowing && !(await drained(response))) return;
  }
  const rest = items.slice(start).join(",");
  response.end((rest === "" && start > 0 ? "" : before) + rest + tail);
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

function lengthOf({ head, items, tail }: ListBody): number {
  let length = head.length + tail.length;
  for (const item of items) length += item.length + 1;
  return length;
}
