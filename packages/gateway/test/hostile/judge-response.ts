/** Has the sandbox send one answer of the corpus, and says what is wrong with what the client gets and with what follows. */
import { dressed, type Door, type Form } from "./doors.ts";
import { exchange, inTime, turn, type Outcome } from "./exchange.ts";
import { GOOD, type HostileBackend, type Tainted } from "./hostile-backend.ts";
import { valuesOf } from "./reference/messages.ts";
import { HOST, head, PATH } from "./requests/message.ts";
import type { HostileResponse, PassedAnswer } from "./responses/message.ts";

export interface SeenAnswer {
  outcome: Outcome;
  /** Null where no request reached the sandbox. */
  tainted: Tainted | null;
  /** The connection to the sandbox was closed by the gateway. */
  closed: boolean;
  /** What a client that asks afterwards gets. */
  after: Outcome;
}

/** @param foreign - As in `send`. What becomes of the connection to the sandbox is not waited for then. */
export async function receive(
  door: Door,
  backend: HostileBackend,
  response: HostileResponse,
  cuts: readonly number[] = [],
  foreign = false,
): Promise<SeenAnswer> {
  const method = response.method ?? "GET";
  const sent = backend.answerNext(response, cuts);
  const outcome = await exchange(door, dressed(door, head(`${method} ${PATH}/a HTTP/1.1`, HOST)), {
    methods: [method],
    ...(foreign ? {} : { enough }),
  });
  const tainted = (await inTime(sent)) ?? null;
  if (response.idle !== undefined) {
    await turn();
    tainted?.socket.write(response.idle, "latin1");
  }
  const { expected } = response;
  const stays = typeof expected === "object" && expected.kept === true;
  const closed =
    tainted !== null && !stays && !foreign && (await inTime(tainted.closed.then(() => true))) === true;
  const after = await exchange(door, dressed(door, head(`GET ${PATH}/b HTTP/1.1`, HOST)), { enough });
  return { outcome, tainted, closed, after };
}

function enough(answers: readonly unknown[]): boolean {
  return answers.length >= 1;
}

/** What is not as it must be, in words; empty where all is well. */
export function answerProblems(
  { expected }: HostileResponse,
  seen: SeenAnswer,
  form: Form = "path",
): string[] {
  const { outcome, tainted, closed, after } = seen;
  const problems: string[] = [];
  if (outcome.hung) problems.push("it hangs");
  if (tainted === null) problems.push("no request reached the sandbox");
  const stays = typeof expected === "object" && expected.kept === true;
  if (!stays && !closed) problems.push("the connection to the sandbox stays open");
  if (!stays && (tainted?.later ?? 0) > 0) problems.push("the connection to the sandbox was used again");
  const [next, ...more] = after.answers;
  if (next?.status !== 200 || next.body !== GOOD || more.length > 0 || after.rest !== "" || after.hung)
    problems.push(`the next client gets ${printed(after)}`);
  const refused =
    outcome.answers.length === 1 &&
    outcome.rest === "" &&
    // The router's protocol has a status of its own for a request that may be sent again.
    [502, ...(form === "header" ? [424] : [])].includes(outcome.answers[0]?.status ?? 0) &&
    valuesOf(outcome.answers[0]?.fields ?? [], "sandgate-error")[0] === "BROKEN";
  if (expected === "refuse" && !refused) problems.push(`not refused: ${printed(outcome)}`);
  else if (expected === "cut" && !refused && (outcome.answers.length > 0 || !outcome.ended))
    problems.push(`not cut: ${printed(outcome)}`);
  else if (typeof expected === "object") problems.push(...passedProblems(expected, outcome, form));
  return problems;
}

function passedProblems(expected: PassedAnswer, outcome: Outcome, form: Form): string[] {
  const [answer, ...more] = outcome.answers;
  if (answer === undefined || more.length > 0 || outcome.rest !== "")
    return [`not one answer: ${printed(outcome)}`];
  const problems: string[] = [];
  if (answer.status !== expected.status || answer.body !== expected.body)
    problems.push(`another answer: ${printed(outcome)}`);
  if (expected.interim !== undefined && answer.interim.join() !== expected.interim.join())
    problems.push(`interim answers ${answer.interim.join(" ")}`);
  const here = expected.ownOrigin !== true || form === "path" ? 0 : 1;
  for (const name of expected.cuts ?? []) {
    const times = valuesOf(answer.fields, name).length;
    if (times !== here) problems.push(`${name} arrived ${times} times in place of ${here}`);
  }
  for (const name of expected.keeps ?? [])
    if (valuesOf(answer.fields, name).length !== 1) problems.push(`${name} did not arrive once`);
  return problems;
}

function printed({ answers, rest, ended, hung }: Outcome): string {
  const list = answers.map(({ status, body }) => `${status} ${JSON.stringify(body.slice(0, 200))}`);
  if (rest !== "") list.push(JSON.stringify(rest.slice(0, 300)));
  return `${list.join(", ")}${hung ? " (hangs)" : ended ? " (ended)" : ""}`;
}
