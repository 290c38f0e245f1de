import { createHash } from "node:crypto";

/** RFC 6455, section 1.3. */
const HANDSHAKE_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MASKED = 0x80;

export function acceptOf(key: string): string {
  return createHash("sha1")
    .update(key + HANDSHAKE_ID)
    .digest("base64");
}

/** A client's binary frame, up to 125 bytes. Its mask is zero, so masking it costs nobody anything. */
export function clientFrame(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x82, MASKED | payload.length, 0, 0, 0, 0]), payload]);
}

/** The bytes with which the frames at the start are answered, and what is left over of an unfinished one. */
export function echoFrames(bytes: Buffer): { answer: Buffer; rest: Buffer } {
  const answer = Buffer.allocUnsafe(bytes.length);
  let [from, to] = [0, 0];
  for (;;) {
    const length = (bytes[from + 1] ?? 0) & 0x7f;
    const end = from + 6 + length;
    if (bytes.length < end) break;
    answer[to] = bytes[from] ?? 0;
    answer[to + 1] = length;
    bytes.copy(answer, to + 2, from + 6, end);
    unmask(answer.subarray(to + 2, to + 2 + length), bytes.readUInt32BE(from + 2));
    from = end;
    to += 2 + length;
  }
  return { answer: answer.subarray(0, to), rest: bytes.subarray(from) };
}

function unmask(payload: Buffer, mask: number): void {
  if (mask === 0) return;
  for (let index = 0; index < payload.length; index++)
    payload[index] = (payload[index] ?? 0) ^ ((mask >>> (24 - 8 * (index % 4))) & 0xff);
}
