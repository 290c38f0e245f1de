/** Clients of HTTP/2 for the tests: Node.js's own. */
import { once } from "node:events";
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";

export type Headers2 = IncomingHttpHeaders & IncomingHttpStatusHeader;

export interface Answer2 {
  status: number;
  headers: Headers2;
  /** As sent, names and values in turn. */
  raw: string[];
  interim: Headers2[];
  body: Buffer;
  trailers: Headers2 | null;
}

export async function connect2(
  url: string,
  options: ClientSessionOptions | SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(url, options);
  session.on("error", () => {});
  await once(session, "remoteSettings");
  return session;
}

/** Sends a request with a body of bytes or none; rejects with the stream's error where it is reset. */
export async function send2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: Buffer | string | null = null,
): Promise<Answer2> {
  const stream = session.request(headers, { endStream: body === null });
  if (body !== null) stream.end(body);
  return answerTo(stream);
}

/** The whole answer to a stream. */
export async function answerTo(stream: ClientHttp2Stream): Promise<Answer2> {
  const interim: Headers2[] = [];
  let trailers: Headers2 | null = null;
  const chunks: Buffer[] = [];
  let raw: string[] = [];
  stream.on("headers", (one) => interim.push(one));
  stream.on("trailers", (one) => {
    trailers = one;
  });
  const answered = new Promise<Headers2>((resolve) => {
    stream.once("response", (headers, _flags, list) => {
      raw = list;
      resolve(headers);
    });
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = Promise.withResolvers<void>();
  stream.once("error", closed.reject);
  stream.once("close", () => {
    if (stream.rstCode === 0) closed.resolve();
    else closed.reject(new Error(`reset with code ${stream.rstCode}`));
  });
  await closed.promise;
  const headers = await answered;
  return { status: headers[":status"] ?? 0, headers, raw, interim, body: Buffer.concat(chunks), trailers };
}
