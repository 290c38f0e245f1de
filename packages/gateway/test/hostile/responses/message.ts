/** How a hostile answer of a sandbox is written down. Texts are bytes: one character is one byte (latin1). */

export interface HostileResponse {
  /** Unique in the corpus; begins with the subject. */
  readonly id: string;
  readonly what: string;
  readonly source: string;
  /** Of the request; GET where it is absent. POST where nothing may be sent a second time. */
  readonly method?: string;
  readonly bytes: string;
  /** What the sandbox does after the bytes; it keeps the connection open where this is absent. */
  readonly lastly?: "end" | "reset";
  /** Bytes that it sends on the idle connection after that answer. */
  readonly idle?: string;
  readonly expected: ExpectedAnswer;
}

export type ExpectedAnswer =
  /** Answered with 502 BROKEN; the connection to the sandbox is not used again. */
  | "refuse"
  /** The answer has begun and breaks off, so that the client sees that it is not whole; or it is refused as above. */
  | "cut"
  | PassedAnswer;

export interface PassedAnswer {
  readonly status: number;
  readonly body: string;
  /** Statuses of interim answers that go on. */
  readonly interim?: readonly number[];
  /** The connection to the sandbox may serve another request. Otherwise it must be closed. */
  readonly kept?: true;
  /** Lower-case names of headers that must not arrive. */
  readonly cuts?: readonly string[];
  /** They are cut where sandboxes share an origin, in path form, and arrive in the others. */
  readonly ownOrigin?: true;
  readonly keeps?: readonly string[];
}

const END = "\r\n";

export function answerHead(...lines: readonly string[]): string {
  return lines.map((line) => line + END).join("") + END;
}

/** An answer whose status line is in order. */
export function ok(lines: readonly string[], body = ""): string {
  return answerHead("HTTP/1.1 200 OK", ...lines) + body;
}

export function okChunked(body: string, ...lines: readonly string[]): string {
  return ok(["Transfer-Encoding: chunked", ...lines], body);
}

type More = Pick<HostileResponse, "method" | "lastly" | "idle">;

export function broken(
  id: string,
  what: string,
  source: string,
  bytes: string,
  more: More = {},
): HostileResponse {
  return { id, what, source, bytes, expected: "refuse", ...more };
}

export function cut(
  id: string,
  what: string,
  source: string,
  bytes: string,
  more: More = {},
): HostileResponse {
  return { id, what, source, bytes, expected: "cut", ...more };
}

export function taken(
  id: string,
  what: string,
  source: string,
  bytes: string,
  { method, lastly, idle, ...expected }: Partial<PassedAnswer> & More,
): HostileResponse {
  return {
    id,
    what,
    source,
    bytes,
    ...(method === undefined ? {} : { method }),
    ...(lastly === undefined ? {} : { lastly }),
    ...(idle === undefined ? {} : { idle }),
    expected: { status: 200, body: "hello", ...expected },
  };
}
