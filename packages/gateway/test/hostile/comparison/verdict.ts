/** In a few words: what a proxy made of a message. What is in bold is a danger to whatever stands behind it. */
import type { Outcome } from "../exchange.ts";
import type { SeenAnswer } from "../judge-response.ts";
import { headerProblems, meaning, withoutPrefix, type Seen } from "../judge-request.ts";
import { GOOD } from "../hostile-backend.ts";
import { parseRequests } from "../reference/parse-requests.ts";
import type { HostileRequest } from "../requests/message.ts";
import type { HostileResponse } from "../responses/message.ts";

/** Reasons of the reference parser that are rules of the gateway's own: to others these messages are in order. */
const OWN_RULE =
  /^(the method|another expectation|a head that is too long|too many|long |the trailer |no Host, as|a length that begins with 0)|, which CGI reads as another header/;
/** Forms of a target that any server has to take. */
const OTHER_FORMS = /^target-(absolute|asterisk-options)/;
/** A rule of the gateway's own about answers. */
const OWN_ANSWER_RULE = /^length-zeros-before/;
/** Where a source says that, others have limits of their own. */
const BOUNDED = /bounded/;

/**
 * Of a request. `got through`: what reached the server is not well-formed, or is another request than was sent. `repaired`: a
 * malformed one arrived in order, so that others may read the original in another way.
 */
export function requestVerdict(
  { id, bytes, source, expected }: HostileRequest,
  { outcome, arrived, wrong }: Seen,
): string {
  const { messages, rest } = parseRequests(bytes);
  const passes = "pass" in expected ? expected.pass : (expected.before ?? 0);
  const sent = new Set(messages.flatMap((one) => [meaning(one), withoutPrefix(meaning(one))]));
  const others = arrived.filter((one) => !sent.has(meaning(one)));
  const inOrder =
    rest === "empty" ||
    (typeof rest === "object" && OWN_RULE.test(rest.wrong)) ||
    BOUNDED.test(source) ||
    OTHER_FORMS.test(id);
  if (inOrder && wrong.length > 0 && wrong.every((one) => OWN_RULE.test(one))) return "passed";
  if (wrong.length > 0) return BOUNDED.test(source) || OTHER_FORMS.test(id) ? "passed" : "**got through**";
  if (others.length > 0) {
    if (rest === "empty") return "**passed as another request**";
    return inOrder ? "passed" : "**repaired**";
  }
  const after = passes > 0 && "refuse" in expected ? ` after ${arrived.length}` : "";
  if (arrived.length < passes || ("refuse" in expected && arrived.length === passes))
    return `${refusal(outcome, arrived.length)}${after}`;
  if ("refuse" in expected) return inOrder ? "passed" : "**repaired**";
  const problems = headerProblems(expected, arrived);
  return problems.length === 0 ? "passed" : `passed; ${problems.join(", ")}`;
}

function refusal({ answers, ended, hung }: Outcome, passed: number): string {
  const status = answers[passed]?.status ?? answers.at(-1)?.status;
  if (hung) return "no answer";
  if (status === undefined || status < 400) return ended ? "closed" : "no answer";
  return `refused ${status}`;
}

/** Of an answer. `next client gets another's`: bytes of one answer, or its connection, reached somebody else. */
export function answerVerdict(
  { id, source, expected }: HostileResponse,
  { outcome, after }: SeenAnswer,
): string {
  const [next] = after.answers;
  if (next !== undefined && next.status === 200 && next.body !== GOOD)
    return "**next client gets another's**";
  const [answer] = outcome.answers;
  const tail = next?.status === 200 ? "" : "; next client gets an error";
  if (answer === undefined) return `${outcome.rest === "" ? "closed" : "cut"}${tail}`;
  if (typeof expected === "object") {
    if (answer.status === expected.status && answer.body === expected.body && outcome.rest === "")
      return `passed${tail}`;
    return (answer.status >= 500 ? `refused ${answer.status}` : "**passed as another answer**") + tail;
  }
  if (answer.status >= 500 && answer.status !== 599 && answer.status !== 600)
    return `refused ${answer.status}${tail}`;
  return `${BOUNDED.test(source) || OWN_ANSWER_RULE.test(id) ? "passed" : "**passed**"}${tail}`;
}
