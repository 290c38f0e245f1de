/** Sends one message of the corpus through a gateway, and says what is wrong with what came of it. */
import { setTimeout as delay } from "node:timers/promises";
import { prefixOf, type Door, type Form } from "./doors.ts";
import { exchange, inTime, turn, type Outcome } from "./exchange.ts";
import type { LenientUpstream } from "./lenient-upstream.ts";
import { valuesOf, type ReadRequest } from "./reference/messages.ts";
import { parseRequests } from "./reference/parse-requests.ts";
import type { HostileRequest } from "./requests/message.ts";

export interface Seen {
  outcome: Outcome;
  /** Whole requests that reached the upstream. */
  arrived: ReadRequest[];
  /** Bytes that reached it and are no request, with the reason. */
  wrong: string[];
  /** Requests that reached it in part, on connections that were not closed. */
  left: string[];
}

/** Two processes that the client is done with may still speak to one another. */
const SETTLE_MS = 20;

/**
 * Sends it and waits until everything that comes of it has come.
 *
 * @param foreign - Goes to a proxy in another process, which ends idle connections by itself: nothing is known of how many
 *   answers it will send.
 */
export async function send(
  door: Door,
  upstream: LenientUpstream,
  { bytes, expected }: HostileRequest,
  cuts: readonly number[] = [],
  foreign = false,
): Promise<Seen> {
  const ends = "refuse" in expected && expected.ends === true;
  // What is refused is ended by the gateway; one that takes it by mistake is not waited for.
  const enough = (answers: readonly { status: number }[]): boolean =>
    "pass" in expected
      ? answers.length >= expected.pass
      : answers.length > (expected.before ?? 0) && (expected.stays === true || !isRefusal(answers.at(-1)));
  const methods = parseRequests(bytes).messages.map(({ method }) => method);
  const outcome = await exchange(door, bytes, { cuts, methods, ends, ...(foreign ? {} : { enough }) });
  await (foreign ? delay(SETTLE_MS) : turn());
  const seen: Seen = { outcome, arrived: [], wrong: [], left: [] };
  for (const recorded of upstream.take()) {
    const { messages, rest } = parseRequests(recorded.bytes);
    seen.arrived.push(...messages);
    if (rest === "empty") continue;
    const text = JSON.stringify(recorded.bytes.slice(0, 400));
    if (rest !== "more") seen.wrong.push(`${rest.wrong} in ${text}`);
    else if ((await inTime(recorded.closed.then(() => true))) !== true) seen.left.push(text);
  }
  return seen;
}

function isRefusal(answer: { status: number } | undefined): boolean {
  return answer !== undefined && answer.status >= 400;
}

/** What is not as it must be, in words; empty where all is well. */
export function problemsOf({ bytes, expected }: HostileRequest, seen: Seen, form: Form = "path"): string[] {
  const { outcome, arrived, wrong, left } = seen;
  const { messages } = parseRequests(bytes);
  const passes = "pass" in expected ? expected.pass : (expected.before ?? 0);
  const problems = wrong.map((one) => `reached the upstream: ${one}`);
  for (const one of left) problems.push(`the upstream connection stays open with ${one}`);
  if (outcome.hung) problems.push("it hangs");
  if (outcome.rest !== "") problems.push(`no answer: ${JSON.stringify(outcome.rest.slice(0, 200))}`);
  const statuses = outcome.answers.map(({ status }) => status);
  const refusal = statuses[passes];
  if (statuses.slice(0, passes).some((status) => status !== 200) || statuses.length < passes)
    problems.push(`answers ${statuses.join(" ")} where ${passes} had to pass`);
  else if ("refuse" in expected) {
    if (refusal === undefined && expected.ends !== true) problems.push("no answer that refuses");
    if (refusal !== undefined && !expected.refuse.includes(refusal))
      problems.push(`refused with ${refusal} in place of ${expected.refuse.join(" or ")}`);
    if (!outcome.ended && expected.ends !== true && expected.stays !== true)
      problems.push("refused, and the connection goes on");
  }
  if (statuses.length > passes + ("refuse" in expected ? 1 : 0))
    problems.push(`answers ${statuses.join(" ")}`);
  const sent = messages.slice(0, passes).map(meaning);
  const came = arrived.map(meaning);
  if (
    JSON.stringify(came.toSorted()) !== JSON.stringify(sent.map((one) => withoutPrefix(one, form)).toSorted())
  )
    problems.push(`arrived: ${came.join(" ")}; sent: ${sent.join(" ")}`);
  if ("pass" in expected) problems.push(...headerProblems(expected, arrived));
  return problems;
}

/** What a request says, without what a proxy may change. */
export function meaning({ method, target, body }: ReadRequest): string {
  return JSON.stringify([method, target, body]);
}

/** The same with the path that a sandbox sees. */
export function withoutPrefix(text: string, form: Form = "path"): string {
  return text.replace(`"${prefixOf(form)}/`, '"/');
}

/** Headers that arrived and must not, and the other way round. */
export function headerProblems(
  expected: { cuts?: readonly string[]; keeps?: readonly string[] },
  arrived: readonly ReadRequest[],
): string[] {
  const problems: string[] = [];
  for (const { fields, trailers } of arrived) {
    for (const name of expected.cuts ?? [])
      if (valuesOf([...fields, ...trailers], name).length > 0) problems.push(`${name} arrived`);
    for (const name of expected.keeps ?? [])
      if (valuesOf(fields, name).length !== 1) problems.push(`${name} did not arrive once`);
  }
  return problems;
}
