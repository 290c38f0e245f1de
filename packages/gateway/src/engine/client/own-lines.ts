import type { HeaderFields } from "../head/header-fields.ts";
import type { ExchangeCore } from "./exchange-core.ts";

/**
 * What the gateway tells the client of itself beside the sandbox's own headers. A sandbox that answers with an id has its
 * reasons, so that one is left: most say back what they were told.
 */
export function ownLines(answer: HeaderFields, core: ExchangeCore): string {
  const id = answer.times("x-request-id") === 0 ? `X-Request-Id: ${core.requestId}\r\n` : "";
  return core.plan!.timing ? id + timingLine(core) : id;
}

/**
 * In milliseconds, of three parts that follow one another: until it was decided, until the connection was open (0 on one that was
 * kept), and until the sandbox's answer began, the sending of the request with it.
 *
 * @see https://www.w3.org/TR/server-timing/
 */
function timingLine({ beganMs, decidedMs, connectedMs, answeredMs }: ExchangeCore): string {
  const sentMs = connectedMs === 0 ? decidedMs : connectedMs;
  return `Server-Timing: sandgate;dur=${text(decidedMs - beganMs)}, connect;dur=${text(sentMs - decidedMs)}, sandbox;dur=${text(
    answeredMs - sentMs,
  )}\r\n`;
}

/** To the microsecond, which is finer than the times are. */
function text(ms: number): string {
  return ms.toFixed(3);
}
