/** How a case of the corpus is written down, and short forms for it. Texts are bytes: one character is one byte (latin1). */

export interface HostileRequest {
  /** Unique in the corpus; begins with the subject. */
  readonly id: string;
  readonly what: string;
  /** Section of an RFC, a CVE, known research, or why it is dangerous. */
  readonly source: string;
  readonly bytes: string;
  readonly expected: Expected;
  /** What is expected in other forms of an address than the path's, where that is something else. */
  readonly elsewhere?: { readonly header?: Expected; readonly host?: Expected };
}

export type Expected = Refused | Passed;

/** The gateway answers and ends the connection unless it may stay; no whole request of it reaches the sandbox. */
export interface Refused {
  readonly refuse: readonly number[];
  /** Requests before it on the same connection, which pass. */
  readonly before?: number;
  /** Its form is in order, only where it goes is not: the connection may go on. */
  readonly stays?: true;
  /** The client ends its side after the bytes: a message that is cut short. Then no answer at all will do, too. */
  readonly ends?: true;
}

/** What the reference parser reads reaches the sandbox, one well-formed request each, and nothing else. */
export interface Passed {
  readonly pass: number;
  /** Lower-case names of headers that must not arrive. */
  readonly cuts?: readonly string[];
  /** Lower-case names of headers that must arrive. */
  readonly keeps?: readonly string[];
}

export const HOST = "Host: 127.0.0.1";
/** A path of the sandbox that every bench of these tests serves. */
export const PATH = "/alice/box";
const END = "\r\n";

/** A head from its lines, each ended by CR LF, with the empty one. */
export function head(...lines: readonly string[]): string {
  return lines.map((line) => line + END).join("") + END;
}

/** A GET with these lines behind its Host. */
export function get(...lines: readonly string[]): string {
  return head(`GET ${PATH}/a HTTP/1.1`, HOST, ...lines);
}

/** A POST with these lines behind its Host; the body follows as it is. */
export function post(lines: readonly string[], body = ""): string {
  return head(`POST ${PATH}/a HTTP/1.1`, HOST, ...lines) + body;
}

/** A POST whose body is these chunk bytes. */
export function chunked(body: string, ...lines: readonly string[]): string {
  return post(["Transfer-Encoding: chunked", ...lines], body);
}

/** What a smuggler wants a sandbox to take for the next request. */
export const SMUGGLED = head(`GET ${PATH}/smuggled HTTP/1.1`, "Host: smuggled");

/** Answered with 400 unless statuses are named. */
export function refused(
  id: string,
  what: string,
  source: string,
  bytes: string,
  ...refuse: readonly number[]
): HostileRequest {
  return { id, what, source, bytes, expected: { refuse: refuse.length === 0 ? [400] : refuse } };
}

/** Addressed to nobody. */
export function strayed(
  id: string,
  what: string,
  source: string,
  bytes: string,
  ...refuse: readonly number[]
): HostileRequest {
  return { id, what, source, bytes, expected: { refuse: refuse.length === 0 ? [400] : refuse, stays: true } };
}

/** Its path names nobody: refused in path form, and the sandbox's own affair in the others. */
export function pathless(
  id: string,
  what: string,
  source: string,
  bytes: string,
  ...refuse: readonly number[]
): HostileRequest {
  const passes = { pass: 1 };
  return { ...strayed(id, what, source, bytes, ...refuse), elsewhere: { header: passes, host: passes } };
}

/** Cut short by its client. */
export function cutShort(id: string, what: string, source: string, bytes: string): HostileRequest {
  return { id, what, source, bytes, expected: { refuse: [400], ends: true } };
}

export function passed(
  id: string,
  what: string,
  source: string,
  bytes: string,
  more: Omit<Passed, "pass"> & { pass?: number } = {},
): HostileRequest {
  return { id, what, source, bytes, expected: { pass: 1, ...more } };
}

/** The code of a byte as documentation writes it. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0").toUpperCase()}`;
}

export function byte(code: number): string {
  return String.fromCharCode(code);
}
