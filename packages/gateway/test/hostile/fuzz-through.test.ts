/**
 * Random requests all the way through a gateway: whatever reaches the sandbox is well-formed and is what the reference parser
 * reads in the bytes, however they were cut.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exchange, inTime, turn } from "./exchange.ts";
import { addressedBytes, cuts } from "./fuzz-arbitraries.ts";
import { openDoor, PLAIN_DOOR, type OpenDoor } from "./doors.ts";
import { meaning, withoutPrefix } from "./judge-request.ts";
import { LenientUpstream } from "./lenient-upstream.ts";
import { LIMITS, parseRequests } from "./reference/parse-requests.ts";
import { PATH } from "./requests/message.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
const RUNS = full ? 200_000 : 2_000;
const TIMEOUT_MS = full ? 3_600_000 : 120_000;

const upstream = new LenientUpstream();
let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor(PLAIN_DOOR, await upstream.listen());
});
afterAll(async () => {
  await door.close();
  await upstream.close();
});

it(
  "random requests arrive as the reference parser reads them, or not at all",
  { timeout: TIMEOUT_MS },
  async () => {
    const check = fc.asyncProperty(addressedBytes, cuts, async (bytes, shares) => {
      const places = shares
        .map((share) => Math.floor((share * bytes.length) / 1_000))
        .toSorted((a, b) => a - b);
      // One without a Host is answered, and the next one is read.
      const { messages } = parseRequests(bytes, LIMITS, true);
      const methods = messages.map(({ method }) => method);
      const outcome = await exchange(door, bytes, { cuts: places, methods, ends: true });
      expect(outcome.hung).toBe(false);
      await turn();
      const mayArrive = messages.map((one) => withoutPrefix(meaning(one)).replace(`"${PATH}"`, `"/"`));
      const arrived: string[] = [];
      for (const recorded of upstream.take()) {
        const read = parseRequests(recorded.bytes);
        expect(["empty", "more"]).toContain(read.rest);
        // A request in part is cut off, so that nobody takes what follows for the rest of it.
        if (read.rest === "more") expect(await inTime(recorded.closed.then(() => "closed"))).toBe("closed");
        arrived.push(...read.messages.map(meaning));
      }
      expect(mayArrive).toEqual(expect.arrayContaining(arrived));
      expect(arrived.length).toBeLessThanOrEqual(mayArrive.length);
      // Each has its answer: the sandbox answers all that it gets.
      expect(outcome.answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(
        arrived.length,
      );
    });
    await fc.assert(check, { numRuns: RUNS });
  },
);
