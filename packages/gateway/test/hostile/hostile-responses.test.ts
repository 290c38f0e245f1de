/**
 * Every answer of the corpus from a sandbox behind a gateway. What is refused is answered with 502 or breaks off, and the
 * connection that brought it is closed; the next client gets its own answer.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostileBackend } from "./hostile-backend.ts";
import { openHostileBench, type HostileBench } from "./hostile-bench.ts";
import { answerProblems, receive } from "./judge-response.ts";
import { HOSTILE_RESPONSES } from "./responses/corpus.ts";

const backend = new HostileBackend();
let bench: HostileBench;
beforeAll(async () => {
  bench = await openHostileBench(await backend.listen());
});
afterAll(async () => {
  await bench.close();
  await backend.close();
});

it("knows more than 60 hostile answers, each under a name of its own", () => {
  const ids = Object.values(HOSTILE_RESPONSES).flatMap((responses) => responses.map(({ id }) => id));
  expect(ids.length).toBeGreaterThan(60);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(Object.entries(HOSTILE_RESPONSES))("hostile answers: %s", (_subject, responses) => {
  it.each(responses.map((response) => [`${response.id}: ${response.what}`, response] as const))(
    "%s",
    async (_title, response) => {
      expect(answerProblems(response, await receive(bench.port, backend, response))).toEqual([]);
    },
  );
});
