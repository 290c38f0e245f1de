import { STATUS_CODES } from "node:http";
import type { OwnAnswer } from "../exchange-plan.ts";
import { HOP_BY_HOP, markHeaders } from "../head/known-headers.ts";
import type { ResponseHead } from "../head/response-head.ts";
import { rescopeLines, RESCOPED, type Rescope } from "./rescope.ts";

/** What becomes of an answer's framing on its way to the client. */
export type Framing =
  /** As the sandbox sends it. */
  | "same"
  /** The client knows chunks and the sandbox ends by closing. */
  | "to-chunks"
  /** The client knows no chunks. */
  | "from-chunks"
  /** There is no body, so nothing of the kind may be said. */
  | "none";

/** Of one hop, and names that are the gateway's own. */
const CUT = [...HOP_BY_HOP, "sandgate-key", "sandgate-timing", "sandgate-*"] as const;
const FRAMING = ["transfer-encoding", "trailer"] as const;
/** In path form all sandboxes share one origin, and one must not act on the others. */
const SHARED_ORIGIN = [
  "service-worker-allowed",
  "clear-site-data",
  "alt-svc",
  "strict-transport-security",
  // A browser would report every request to the origin to whom they name.
  "nel",
  "report-to",
  ...RESCOPED,
] as const;

/** What else is shared with other sandboxes: nothing, the domain, or the origin. */
type Shared = "nothing" | "domain" | "origin";

const cuts = (framing: Framing, shared: Shared): Uint8Array =>
  markHeaders([
    ...CUT,
    ...(framing === "same" ? [] : FRAMING),
    ...(framing === "none" ? (["content-length"] as const) : []),
    ...(shared === "origin" ? SHARED_ORIGIN : []),
    ...(shared === "domain" ? (["set-cookie"] as const) : []),
  ]);
const FRAMINGS: readonly Framing[] = ["same", "to-chunks", "from-chunks", "none"];
const tables = (shared: Shared): Readonly<Record<Framing, Uint8Array>> =>
  Object.fromEntries(FRAMINGS.map((framing) => [framing, cuts(framing, shared)])) as Record<
    Framing,
    Uint8Array
  >;
const CUTS = { nothing: tables("nothing"), domain: tables("domain"), origin: tables("origin") } as const;

/**
 * The head that the client gets for the sandbox's answer.
 *
 * @param connection - Value of the Connection header, empty for none.
 * @param own - Lines of the gateway's own.
 */
export function responseText(
  head: ResponseHead,
  framing: Framing,
  connection: string,
  rescope: Rescope | null,
  own: string,
): string {
  let text = startText(head, framing, rescope) + own;
  if (framing === "to-chunks") text += "Transfer-Encoding: chunked\r\n";
  return connection === "" ? `${text}\r\n` : `${text}Connection: ${connection}\r\n\r\n`;
}

/** First line and the sandbox's headers, as far as they may reach the client: of whatever answer, a 101 sets cookies too. */
function startText(head: ResponseHead, framing: Framing, rescope: Rescope | null): string {
  const { fields } = head;
  const shared = rescope === null ? "nothing" : rescope.prefix === "" ? "domain" : "origin";
  const lines = fields.linesWithout(CUTS[shared][framing], head.connection.named);
  const text = `HTTP/1.1 ${head.status} ${head.reason}\r\n${lines}`;
  return rescope === null ? text : text + rescopeLines(fields, rescope);
}

/**
 * The head after which both ends speak what they agreed on.
 *
 * @param own - Lines of the gateway's own.
 */
export function upgradeText(head: ResponseHead, rescope: Rescope | null, own: string): string {
  const upgrade = head.fields.joined("upgrade") ?? "";
  return `${startText(head, "none", rescope)}${own}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
}

/** An informational answer, as 100 and 103. */
export function interimText(head: ResponseHead, rescope: Rescope | null): string {
  return `${startText(head, "none", rescope)}\r\n`;
}

/** Head and body of an answer of the gateway's own, in bytes: its words may be in any language. */
export function ownText(answer: OwnAnswer, requestId: string, connection: string, withBody: boolean): string {
  let text = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\nDate: ${dateNow()}\r\nX-Request-Id: ${requestId}\r\n`;
  for (const [name, value] of Object.entries(answer.headers)) text += `${name}: ${value}\r\n`;
  const body = Buffer.from(answer.body, "utf8");
  text += `Content-Length: ${body.length}\r\n`;
  if (connection !== "") text += `Connection: ${connection}\r\n`;
  return `${text}\r\n${withBody ? body.toString("latin1") : ""}`;
}

let dateText = "";
let dateUntilMs = 0;

/** The date header's text, made once a second. */
function dateNow(): string {
  const now = Date.now();
  if (now >= dateUntilMs) {
    dateText = new Date(now).toUTCString();
    dateUntilMs = now - (now % 1000) + 1000;
  }
  return dateText;
}
