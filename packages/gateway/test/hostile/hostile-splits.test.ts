/**
 * The same messages cut at every byte: the first piece is read before the second is sent. What comes of a message must not
 * depend on how the network cuts it. Long ones are cut at a bounded number of places here, everywhere in the full run. By the
 * ways into the gateway that are not the plainest they are cut at a few places here, and the two that have both another form
 * and TLS are left to the full run, which cuts by all of these ways at as many places as the plainest has here.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutsOf } from "./cuts.ts";
import { DOORS, dressedRequest, openDoor, PLAIN_DOOR, type DoorKind, type OpenDoor } from "./doors.ts";
import { HostileBackend } from "./hostile-backend.ts";
import { problemsOf, send } from "./judge-request.ts";
import { answerProblems, receive } from "./judge-response.ts";
import { LenientUpstream } from "./lenient-upstream.ts";
import { HOSTILE_REQUESTS } from "./requests/corpus.ts";
import { HOSTILE_RESPONSES } from "./responses/corpus.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
/** Places where one message is cut; spread over it where it has more. */
const PLACES = full ? 1_000 : 40;
const PLACES_ELSEWHERE = full ? 40 : 3;
/** So many tell what is wrong; more would be the same once again. */
const ENOUGH = 5;
const TIMEOUT_MS = full ? 600_000 : 120_000;
const CUT_DOORS = DOORS.filter(({ form, secure }) => full || form === PLAIN_DOOR.form || !secure);

function isPlain({ form, secure }: DoorKind): boolean {
  return form === PLAIN_DOOR.form && secure === PLAIN_DOOR.secure;
}

describe.each(CUT_DOORS)("hostile requests in two pieces, $title", (kind) => {
  const upstream = new LenientUpstream();
  let door: OpenDoor;
  beforeAll(async () => {
    door = await openDoor(kind, await upstream.listen());
  });
  afterAll(async () => {
    await door.close();
    await upstream.close();
  });

  it.each(Object.entries(HOSTILE_REQUESTS))(
    "%s: the same comes of them wherever they are cut",
    async (_subject, requests) => {
      const problems: string[] = [];
      for (const request of requests) {
        const here = dressedRequest(door, request);
        for (const cut of cutsOf(here.bytes.length, isPlain(kind) ? PLACES : PLACES_ELSEWHERE)) {
          if (problems.length >= ENOUGH) break;
          const found = problemsOf(here, await send(door, upstream, here, [cut]), kind.form);
          if (found.length > 0) problems.push(`${here.id} cut at ${cut}: ${found.join("; ")}`);
        }
      }
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it("comes to the same byte by byte", { timeout: TIMEOUT_MS }, async () => {
    const problems: string[] = [];
    const longest = full ? (isPlain(kind) ? 4_000 : 400) : isPlain(kind) ? 160 : 75;
    const short = Object.values(HOSTILE_REQUESTS)
      .flat()
      .filter(({ bytes }) => bytes.length < longest);
    expect(short.length).toBeGreaterThan(10);
    for (const request of short) {
      if (problems.length >= ENOUGH) break;
      const here = dressedRequest(door, request);
      const everywhere = Array.from({ length: here.bytes.length - 1 }, (_, index) => index + 1);
      const found = problemsOf(here, await send(door, upstream, here, everywhere), kind.form);
      if (found.length > 0) problems.push(`${here.id} byte by byte: ${found.join("; ")}`);
    }
    expect(problems).toEqual([]);
  });
});

describe.each(CUT_DOORS)("hostile answers in two pieces, $title", (kind) => {
  const backend = new HostileBackend();
  let door: OpenDoor;
  beforeAll(async () => {
    door = await openDoor(kind, await backend.listen());
  });
  afterAll(async () => {
    await door.close();
    await backend.close();
  });

  it.each(Object.entries(HOSTILE_RESPONSES))(
    "%s: the same comes of them wherever they are cut",
    async (_subject, responses) => {
      const problems: string[] = [];
      for (const response of responses) {
        for (const cut of cutsOf(response.bytes.length, isPlain(kind) ? PLACES : PLACES_ELSEWHERE)) {
          if (problems.length >= ENOUGH) break;
          const found = answerProblems(response, await receive(door, backend, response, [cut]), kind.form);
          if (found.length > 0) problems.push(`${response.id} cut at ${cut}: ${found.join("; ")}`);
        }
      }
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
