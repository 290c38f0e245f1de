/**
 * Random heads and chunk streams: the engine's scanners and the reference parsers must read the same, or both refuse. The
 * seed of a run is in the title of what fails; `SANDGATE_TEST_FULL=1` runs ten million cases.
 */
import fc from "fast-check";
import { isSandgateError } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { CHUNKED, UNTIL_CLOSE } from "../../src/engine/body/body-length.ts";
import { ChunkScanner } from "../../src/engine/body/chunk-scanner.ts";
import { INCOMPLETE, type HeaderFields } from "../../src/engine/head/header-fields.ts";
import { RequestHead } from "../../src/engine/head/request-head.ts";
import { ResponseHead } from "../../src/engine/head/response-head.ts";
import { chunkBytes, cuts, requestBytes, responseBytes } from "./fuzz-arbitraries.ts";
import { parseChunks } from "./reference/parse-chunks.ts";
import { LIMITS, parseRequestHead } from "./reference/parse-requests.ts";
import { framingOf, parseResponseHead } from "./reference/parse-responses.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
/** Of each of the three. */
const CASES = full ? 3_400_000 : 10_000;
const BATCH = 10_000;
const TIMEOUT_MS = full ? 4 * 3_600_000 : 120_000;

/** Runs a property in batches, each with a seed of its own, so that one that fails can be run again by itself. */
function inBatches<Value>(arbitrary: fc.Arbitrary<Value>, check: (value: Value) => void): void {
  const first = Date.now() % 1_000_000_000;
  for (let done = 0; done < CASES; done += BATCH)
    fc.assert(fc.property(arbitrary, check), { numRuns: BATCH, seed: first + done });
}

/** Bytes in the middle of others, as they stand in a buffer that many connections read into. */
function embedded(
  text: string,
  before: string,
  behind: string,
): { bytes: Buffer; start: number; end: number } {
  const bytes = Buffer.from(before + text + behind, "latin1");
  return { bytes, start: before.length, end: before.length + text.length };
}

/** What a scanner says, or `refused`. Any other error than a refusal is a crash. */
function said<Value>(scan: () => Value): Value | "refused" {
  try {
    return scan();
  } catch (error) {
    if (!isSandgateError(error)) throw error;
    return "refused";
  }
}

function listOf(fields: HeaderFields): [string, string][] {
  return Array.from({ length: fields.count }, (_, index) => [fields.nameAt(index), fields.valueAt(index)]);
}

/** What stands around the bytes, of which no scanner may see anything. */
const around = fc.constantFrom("", "\n", "\r\n", "\r\n\r\n", "0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n");

/** Neither takes what the other does not: it is refused, or there is not enough of it. */
function expectNothingRead(got: number | "refused"): void {
  expect([INCOMPLETE, "refused"]).toContain(got);
}

describe("random bytes", () => {
  it("are the same requests to the engine and to the reference parser", { timeout: TIMEOUT_MS }, () => {
    const head = new RequestHead();
    inBatches(fc.tuple(requestBytes, around), ([text, behind]) => {
      const { bytes, start, end } = embedded(text, "\r\n", behind);
      const got = said(() => head.scan(bytes, start, end));
      const read = parseRequestHead(text, 0);
      if (read === "more" || "wrong" in read) return expectNothingRead(got);
      expect(got).toBe(start + read.end);
      expect([head.method, head.target, head.minor, head.bodyLength, listOf(head.fields)]).toEqual([
        read.method,
        read.target,
        read.minor,
        read.length === "chunked" ? CHUNKED : read.length,
        read.fields.map(([name, value]) => [name.toLowerCase(), value]),
      ]);
      // Not a byte less of it is a head, and none of its beginnings is refused.
      for (const part of [1, read.end >> 1, read.end - 1])
        expect(said(() => head.scan(bytes, start, start + part))).toBe(INCOMPLETE);
    });
  });

  it("are the same answers to the engine and to the reference parser", { timeout: TIMEOUT_MS }, () => {
    const head = new ResponseHead();
    inBatches(
      fc.tuple(responseBytes, around, fc.constantFrom("GET", "HEAD", "POST")),
      ([text, behind, method]) => {
        const { bytes, start, end } = embedded(text, "\r\n", behind);
        const got = said(() => head.scan(bytes, start, end));
        const read = parseResponseHead(text, 0);
        if (read === "more" || "wrong" in read) return expectNothingRead(got);
        expect(got).toBe(start + read.end);
        const framing = framingOf(read, method);
        expect([head.status, head.minor, listOf(head.fields), said(() => head.bodyLength(method))]).toEqual([
          read.status,
          read.minor,
          read.fields.map(([name, value]) => [name.toLowerCase(), value]),
          framing === null
            ? "refused"
            : framing === "chunked"
              ? CHUNKED
              : framing === "until close"
                ? UNTIL_CLOSE
                : framing,
        ]);
        for (const part of [1, read.end >> 1, read.end - 1])
          expect(said(() => head.scan(bytes, start, start + part))).toBe(INCOMPLETE);
      },
    );
  });

  it("are the same chunks however they are cut", { timeout: TIMEOUT_MS }, () => {
    const scanner = new ChunkScanner("BROKEN");
    inBatches(fc.tuple(chunkBytes, cuts), ([text, shares]) => {
      const places = shares
        .map((share) => Math.floor((share * text.length) / 1_000))
        .toSorted((a, b) => a - b);
      const bytes = Buffer.from(text, "latin1");
      let data = "";
      let at = 0;
      const got = said(() => {
        scanner.reset();
        scanner.onData = (from, start, end) => {
          data += from.toString("latin1", start, end);
        };
        for (const place of [...places, text.length]) {
          const stop = scanner.feed(bytes, at, place);
          if (stop < place && !scanner.done) throw new Error("the scanner stops before the end");
          at = stop;
          if (scanner.done) return at;
        }
        return INCOMPLETE;
      });
      const read = parseChunks(text, 0, LIMITS);
      // What has gone by cannot be taken back: the scanner has to know as soon as anybody can.
      if (read !== "more" && "wrong" in read) expect(got).toBe("refused");
      else if (read === "more") expectNothingRead(got);
      else expect([got, data]).toEqual([read.end, read.body]);
    });
  });
});
