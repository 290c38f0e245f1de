/**
 * Many connections at once, each with requests of its own one behind the other, cut at random and sent turn by turn. What
 * belongs to one must never show in another: the engine shares its buffers and tables between all connections.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange } from "./exchange.ts";
import { openDoor, PLAIN_DOOR, type OpenDoor } from "./doors.ts";
import { LenientUpstream } from "./lenient-upstream.ts";
import { valuesOf } from "./reference/messages.ts";
import { parseRequests } from "./reference/parse-requests.ts";
import { head, HOST, PATH } from "./requests/message.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
const RUNS = full ? 3_000 : 150;
const TIMEOUT_MS = full ? 1_800_000 : 120_000;

interface Sent {
  method: string;
  /** Bytes of its body. */
  body: string;
  /** Sizes of its chunks; null for Content-Length. */
  chunks: readonly number[] | null;
  /** Bytes of a header of its own. */
  padding: number;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "HEAD"),
  body: fc.oneof(
    fc.constant(""),
    fc.stringMatching(/^[\r\n\t -~]{1,80}$/),
    fc.constant("0\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
  ),
  chunks: fc.option(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }), { nil: null }),
  padding: fc.constantFrom(0, 1, 50, 3_000),
});

const connection = fc.record({
  requests: fc.array(sent, { minLength: 1, maxLength: 6 }),
  cuts: fc.array(fc.nat(10_000), { maxLength: 8 }),
});

function bytesOf({ method, body, chunks, padding }: Sent, id: string): string {
  const framing = chunks === null ? `Content-Length: ${body.length}` : "Transfer-Encoding: chunked";
  const lines = [
    `${method} ${PATH}/${id} HTTP/1.1`,
    HOST,
    `X-Id: ${id}`,
    `X-Padding: ${"p".repeat(padding)}`,
    framing,
  ];
  return head(...lines) + (chunks === null ? body : chunkedBody(body, chunks));
}

function chunkedBody(body: string, sizes: readonly number[]): string {
  let text = "";
  let at = 0;
  for (let index = 0; at < body.length; index++) {
    const part = body.slice(at, at + (sizes[index % sizes.length] ?? 1));
    at += part.length;
    text += `${part.length.toString(16)}${index % 2 === 1 ? ";a=b" : ""}\r\n${part}\r\n`;
  }
  return `${text}0\r\nX-Checksum: ${body.length}\r\n\r\n`;
}

describe("many connections at once", () => {
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
    "bring their own requests to the sandbox and get their own answers",
    { timeout: TIMEOUT_MS },
    async () => {
      const plans = fc.array(connection, { minLength: 2, maxLength: 24 });
      const check = fc.asyncProperty(plans, async (connections) => {
        const expected: unknown[] = [];
        await Promise.all(
          connections.map(async ({ requests, cuts }, number) => {
            const ids = requests.map((_, index) => `c${number}r${index}`);
            const bytes = requests.map((request, index) => bytesOf(request, ids[index] ?? "")).join("");
            requests.forEach(({ method, body }, index) =>
              expected.push([method, `/${ids[index]}`, ids[index], body]),
            );
            const places = cuts
              .map((share) => Math.floor((share * bytes.length) / 10_000))
              .toSorted((a, b) => a - b);
            const outcome = await exchange(door, bytes, {
              cuts: places,
              methods: requests.map(({ method }) => method),
              enough: (answers) => answers.length >= requests.length,
            });
            expect(outcome).toMatchObject({ hung: false, rest: "" });
            expect(outcome.answers.map(({ status, body }) => [status, body])).toEqual(
              requests.map(({ method }, index) => [200, method === "HEAD" ? "" : `/${ids[index]}`]),
            );
          }),
        );
        const read = upstream.take().map(({ bytes }) => parseRequests(bytes));
        expect(read.map(({ rest }) => rest)).toEqual(read.map(() => "empty"));
        const arrived = read
          .flatMap(({ messages }) => messages)
          .map(({ method, target, fields, body }) => [method, target, ...valuesOf(fields, "x-id"), body]);
        expect(sorted(arrived)).toEqual(sorted(expected));
      });
      await fc.assert(check, { numRuns: RUNS });
    },
  );
});

function sorted(list: readonly unknown[]): string[] {
  return list.map((one) => JSON.stringify(one)).toSorted();
}
