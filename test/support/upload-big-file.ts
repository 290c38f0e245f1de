import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";

const BOUNDARY = "sandgate-test-boundary";
const PIECE_BYTES = 64 * 1024;

/**
 * Sends a file that is made while it is sent, each piece another, as `POST /upload` takes it.
 *
 * @param bytes - A multiple of 64 KiB.
 * @returns The status of the answer and the file's SHA-256.
 */
export async function uploadBigFile(
  url: string,
  name: string,
  bytes: number,
): Promise<{ status: number; sha256: string }> {
  const head = Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
      "Content-Type: application/octet-stream\r\n\r\n",
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const sending = request(`${url}/upload`, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": head.length + bytes + tail.length,
    },
  });
  const answered = once(sending, "response") as Promise<[IncomingMessage]>;
  // A refusal comes early, and a connection that breaks brings no drain.
  const send = async (piece: Buffer): Promise<void> => {
    if (!sending.write(piece)) await Promise.race([once(sending, "drain"), answered]);
  };
  const hash = createHash("sha256");
  const noise = randomBytes(PIECE_BYTES);
  await send(head);
  for (let piece = 0; piece < bytes / PIECE_BYTES; piece++) {
    const copy = Buffer.from(noise);
    copy.writeUInt32BE(piece);
    hash.update(copy);
    await send(copy);
  }
  sending.end(tail);
  const [answer] = await answered;
  answer.resume();
  await once(answer, "end");
  return { status: answer.statusCode ?? 0, sha256: hash.digest("hex") };
}
