/**
 * Every answer of the corpus from a sandbox behind a gateway, by every way to it. What is refused is answered with 502 or
 * breaks off, and the connection that brought it is closed; the next client gets its own answer.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DOORS, openDoor, type OpenDoor } from "./doors.ts";
import { HostileBackend } from "./hostile-backend.ts";
import { answerProblems, receive } from "./judge-response.ts";
import { HOSTILE_RESPONSES } from "./responses/corpus.ts";

it("knows more than 60 hostile answers, each under a name of its own", () => {
  const ids = Object.values(HOSTILE_RESPONSES).flatMap((responses) => responses.map(({ id }) => id));
  expect(ids.length).toBeGreaterThan(60);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(DOORS)("hostile answers, $title", (kind) => {
  const backend = new HostileBackend();
  let door: OpenDoor;
  beforeAll(async () => {
    door = await openDoor(kind, await backend.listen());
  });
  afterAll(async () => {
    await door.close();
    await backend.close();
  });

  describe.each(Object.entries(HOSTILE_RESPONSES))("%s", (_subject, responses) => {
    it.each(responses.map((response) => [`${response.id}: ${response.what}`, response] as const))(
      "%s",
      async (_title, response) => {
        expect(answerProblems(response, await receive(door, backend, response), kind.form)).toEqual([]);
      },
    );
  });
});
