/** Where a request in path form goes. */
export interface PathAddress {
  user: string;
  sandbox: string;
  /** Absent: the sandbox's own choice. */
  port: number | undefined;
  /** What the sandbox is asked for: begins with `/`, raw as it came, query included. */
  rest: string;
}

export type ParsedPath =
  | { kind: "address"; address: PathAddress }
  | { kind: "own"; path: string }
  | { kind: "malformed"; why: string };

/** Exact paths that the gateway answers itself; everything else under `/{user}/` is a sandbox's. */
export const OWN_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/health",
  "/healthz",
  "/readyz",
  "/sandboxes",
  "/metrics",
]);
/** Everything under it is ours; `-` is no user name. */
export const OWN_PREFIX = "/-";

const USER = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const SANDBOX = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const USER_LENGTH = 63;
const SANDBOX_LENGTH = 253;
const SLASH = 0x2f;

/** Whether it can be a user in an address: a non-empty label value. */
export function isUserName(text: string): boolean {
  return USER.test(text);
}

/** Whether it can be a sandbox in an address: the name of a Kubernetes object (DNS subdomain). */
export function isSandboxName(text: string): boolean {
  return text.length <= SANDBOX_LENGTH && SANDBOX.test(text);
}

/** What a character may be in a name. */
const OTHER = 0;
const LOWER_OR_DIGIT = 1;
const UPPER = 2;
const HYPHEN = 3;
const DOT = 4;
const UNDERSCORE = 5;
const KINDS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

function kindOf(character: string): number {
  if (/[a-z0-9]/.test(character)) return LOWER_OR_DIGIT;
  if (/[A-Z]/.test(character)) return UPPER;
  return { "-": HYPHEN, ".": DOT, _: UNDERSCORE }[character] ?? OTHER;
}

/** Where the user's name ends, -1 unless it is one and a slash follows. */
function userEnd(target: string): number {
  let at = 1;
  let last = OTHER;
  for (; at < target.length; at++) {
    const kind = KINDS[target.charCodeAt(at)] ?? OTHER;
    if (kind === OTHER) break;
    if (at === 1 && kind > UPPER) return -1;
    last = kind;
  }
  if (last === OTHER || last > UPPER || at > USER_LENGTH + 1) return -1;
  return target.charCodeAt(at) === SLASH ? at : -1;
}

/** Where the sandbox's name ends, -1 unless it is one and a slash follows. */
function sandboxEnd(target: string, start: number): number {
  let at = start;
  // A label begins, as after a dot.
  let last = DOT;
  for (; at < target.length; at++) {
    const kind = KINDS[target.charCodeAt(at)] ?? OTHER;
    if (kind === OTHER || kind === UPPER || kind === UNDERSCORE) break;
    if (kind === DOT ? last !== LOWER_OR_DIGIT : kind === HYPHEN && last === DOT) return -1;
    last = kind;
  }
  if (last !== LOWER_OR_DIGIT || at - start > SANDBOX_LENGTH) return -1;
  return target.charCodeAt(at) === SLASH ? at : -1;
}

/**
 * Reads a request target in path form, `/{user}/{sandbox}[:{port}][/rest]`. Case-sensitive. The first two parts are taken
 * as they are: an encoded one is malformed, so that no two spellings mean one sandbox and none slips past a rule.
 *
 * @param target - Path and query as in the request line.
 */
export function parsePath(target: string): ParsedPath {
  // What nearly every request has, in one pass and without a pattern: each request is read so.
  const afterUser = target.charCodeAt(0) === SLASH ? userEnd(target) : -1;
  const end = afterUser === -1 ? -1 : sandboxEnd(target, afterUser + 1);
  if (end === -1) return parseAnyPath(target);
  const user = target.slice(1, afterUser);
  const sandbox = target.slice(afterUser + 1, end);
  return { kind: "address", address: { user, sandbox, port: undefined, rest: target.slice(end) } };
}

/** With a port, without a path, the gateway's own, or what is wrong with it. */
function parseAnyPath(target: string): ParsedPath {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  if (OWN_PATHS.has(path) || path === OWN_PREFIX || path.startsWith(`${OWN_PREFIX}/`))
    return { kind: "own", path };
  if (!path.startsWith("/")) return { kind: "malformed", why: "the path does not begin with /" };
  const first = path.indexOf("/", 1);
  if (first === -1)
    return { kind: "malformed", why: `${JSON.stringify(path)} names no sandbox after the user` };
  const second = path.indexOf("/", first + 1);
  const user = path.slice(1, first);
  const named = second === -1 ? path.slice(first + 1) : path.slice(first + 1, second);
  if (user.includes("%") || named.includes("%")) {
    return { kind: "malformed", why: "user and sandbox must not be percent-encoded" };
  }
  if (!isUserName(user)) return { kind: "malformed", why: `${JSON.stringify(user)} is no user name` };
  const colon = named.indexOf(":");
  const sandbox = colon === -1 ? named : named.slice(0, colon);
  if (!isSandboxName(sandbox))
    return { kind: "malformed", why: `${JSON.stringify(sandbox)} is no sandbox name` };
  let port: number | undefined;
  if (colon !== -1) {
    const text = named.slice(colon + 1);
    port = PORT.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65_535) return { kind: "malformed", why: `${JSON.stringify(text)} is no port` };
  }
  const rest = (second === -1 ? "/" : path.slice(second)) + (query === -1 ? "" : target.slice(query));
  return { kind: "address", address: { user, sandbox, port, rest } };
}

/** The prefix under which a sandbox is served, without a trailing slash. */
export function printPrefix(address: Pick<PathAddress, "user" | "sandbox" | "port">): string {
  return `/${address.user}/${address.sandbox}${address.port === undefined ? "" : `:${address.port}`}`;
}

/** The request target that `parsePath` reads back. */
export function printPath(address: PathAddress): string {
  return printPrefix(address) + address.rest;
}
