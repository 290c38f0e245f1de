import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WebSocketFrames } from "./websocket-frames.ts";

/** A frame of that many bytes of payload. */
function frame(payload: number, masked: boolean): Buffer {
  const length =
    payload < 126
      ? Buffer.from([payload])
      : payload < 65_536
        ? Buffer.from([126, payload >> 8, payload & 255])
        : Buffer.from([
            127,
            0,
            0,
            0,
            0,
            payload >>> 24,
            (payload >> 16) & 255,
            (payload >> 8) & 255,
            payload & 255,
          ]);
  if (masked) length[0]! |= 0x80;
  return Buffer.concat([
    Buffer.from([0x82]),
    length,
    Buffer.alloc(masked ? 4 : 0, 0xff),
    Buffer.alloc(payload, 0xff),
  ]);
}

const frames = fc.array(
  fc.record({
    payload: fc.oneof(fc.integer({ min: 0, max: 140 }), fc.constantFrom(125, 126, 65_535, 65_536, 70_000)),
    masked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

describe("the boundaries of WebSocket frames", () => {
  it("are found wherever the bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(1000), { maxLength: 20 }), (list, sizes) => {
        const encoded = list.map(({ payload, masked }) => frame(payload, masked));
        const bytes = Buffer.concat(encoded);
        const ends = new Set<number>([0]);
        let end = 0;
        for (const one of encoded) ends.add((end += one.length));
        const follower = new WebSocketFrames();
        let at = 0;
        for (const size of [...sizes.map((one) => one + 1), bytes.length]) {
          const stop = Math.min(bytes.length, at + size);
          const first = [...ends].find((one) => one >= at && one <= stop) ?? -1;
          expect(follower.feed(bytes, at, stop)).toBe(at === stop && !ends.has(at) ? -1 : first);
          at = stop;
          expect(follower.between).toBe(ends.has(at));
        }
      }),
    );
  });
});
