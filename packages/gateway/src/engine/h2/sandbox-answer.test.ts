import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyReader } from "../body/body-reader.ts";
import { isForHeads } from "../body/chunk-scanner.ts";
import { ResponseHead } from "../head/response-head.ts";
import { answerEndOf, answerHeadOf, chunkOf } from "./sandbox-answer.ts";

const NAMES = "abcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`|~".split("");
const name = fc.string({ unit: fc.constantFrom(...NAMES), minLength: 1, maxLength: 20 });
const plainValue = fc.string({ unit: fc.constantFrom("a", "1", " ", ":") });
/** Anything of one byte a character, so that what is forbidden is among it. */
const value = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
const fields = fc.array(fc.tuple(name, value), { maxLength: 12 });

/** What the engine reads of a head: its fields, and how the body is told. */
function read(text: string, method: string): { fields: [string, string][]; length: number; end: number } {
  const head = new ResponseHead();
  const bytes = Buffer.from(text, "latin1");
  const end = head.scan(bytes, 0, bytes.length);
  const list: [string, string][] = [];
  for (let index = 0; index < head.fields.count; index++)
    list.push([head.fields.nameAt(index), head.fields.valueAt(index)]);
  return { fields: list, length: head.bodyLength(method), end: bytes.length - end };
}

const FRAMING: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

describe("the head of an answer in HTTP/2", () => {
  it("is read by the engine as it was said, or is none", () => {
    let said = 0;
    fc.assert(
      fc.property(fields, fc.boolean(), fc.constantFrom("GET", "HEAD"), (list, ended, method) => {
        const sent = list.filter(([one]) => !FRAMING.has(one));
        const raw = [":status", "200", ...sent.flat()];
        let text: string;
        try {
          ({ text } = answerHeadOf(raw, ended, method));
        } catch {
          return;
        }
        let seen: ReturnType<typeof read>;
        try {
          seen = read(text, method);
        } catch {
          // Other control bytes are the engine's to refuse.
          return;
        }
        said++;
        expect(seen.end).toBe(0);
        expect(seen.fields.filter(([one]) => !FRAMING.has(one))).toEqual(
          sent.map(([one, text1]) => [one, text1.replaceAll(/^[ \t]+|[ \t]+$/g, "")]),
        );
      }),
    );
    expect(said).toBeGreaterThan(0);
  });

  it.each([
    ["GET", "200", false, [], "chunked", -1],
    ["GET", "200", true, [], "none", 0],
    ["GET", "200", false, ["content-length", "5"], "counted", 5],
    ["GET", "200", false, ["content-length", "5", "trailer", "x-a"], "chunked", -1],
    ["HEAD", "200", true, ["content-length", "5"], "none", 0],
    ["GET", "204", true, [], "none", 0],
    ["GET", "304", true, ["content-length", "5"], "none", 0],
    ["GET", "103", false, [], "none", 0],
  ] as const)(
    "to %s of %s (all there is: %s) with %j has a body that is %s",
    (method, status, ended, more, body, length) => {
      const head = answerHeadOf([":status", status, ...more], ended, method);
      expect(head.body).toBe(body);
      expect(read(head.text, method).length).toBe(length);
    },
  );

  it.each([
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "X-Upper",
    "a b",
    "a:b",
    "",
  ])("with the header %j is none", (one) => {
    expect(() => answerHeadOf([":status", "200", one, "x"], false, "GET")).toThrow(/does not allow/);
    expect(() => answerEndOf([one, "x"], isForHeads)).toThrow(/does not allow/);
  });
});

describe("a body in chunks", () => {
  it("holds its pieces and trailers, and nothing else", () => {
    const trailers = fc.array(fc.tuple(name, plainValue), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), trailers, (pieces, list) => {
        const allowed = list.filter(([one]) => !["connection", "keep-alive", "upgrade"].includes(one));
        const end = Buffer.from(answerEndOf(allowed.flat(), isForHeads), "latin1");
        const bytes = Buffer.concat([...pieces.map((piece) => chunkOf(Buffer.from(piece))), end]);
        const reader = new BodyReader("BROKEN");
        reader.begin(-1);
        const data: Buffer[] = [];
        const seen: [string, string][] = [];
        reader.takeApart(
          (all, from, to) => data.push(Buffer.copyBytesFrom(all, from, to - from)),
          (one, text) => seen.push([one, text]),
        );
        expect(reader.take(bytes, 0, bytes.length)).toBe(bytes.length);
        expect(reader.done).toBe(true);
        expect(Buffer.concat(data)).toEqual(Buffer.concat(pieces));
        expect(seen).toEqual(
          allowed.filter(([one]) => !isForHeads(one)).map(([one, text]) => [one, text.trim()]),
        );
      }),
    );
  });
});
