import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:http2";
import { request as httpsRequest } from "node:https";
import { schemeOf, type Candidate } from "./candidates/candidate.ts";

export interface Answer {
  status: number;
  /** One character a byte. */
  body: string;
}

/** One version of HTTP, as a client speaks it to a candidate. */
export interface Protocol {
  readonly title: string;
  portOf(candidate: Candidate): number;
  ask(
    candidate: Candidate,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Answer>;
}

export const HTTP_1: Protocol = {
  title: "HTTP/1.1",
  portOf: ({ port }) => port,
  async ask({ host, port, certificate }, method, path, headers, body) {
    const request = certificate === null ? httpRequest : httpsRequest;
    const call = request({
      host,
      port,
      method,
      path,
      headers: { ...headers, "Content-Length": body.length },
      ...(certificate === null ? {} : { ca: certificate.pem }),
    });
    call.end(body);
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await textOf(response) };
  },
};

/** By ALPN with TLS, with prior knowledge without. */
export const HTTP_2: Protocol = {
  title: "HTTP/2",
  portOf: ({ http2Port, port }) => http2Port ?? port,
  async ask(candidate, method, path, headers, body) {
    const { host, certificate } = candidate;
    const origin = `${schemeOf(certificate)}://${host}:${HTTP_2.portOf(candidate)}`;
    const session = connect(origin, certificate === null ? {} : { ca: certificate.pem });
    try {
      const length = body === "" ? {} : { "content-length": body.length };
      const stream = session.request(
        { ":method": method, ":path": path, ...headers, ...length },
        { endStream: body === "" },
      );
      if (body !== "") stream.end(body);
      const [answer] = (await once(stream, "response")) as [{ ":status"?: number }];
      return { status: answer[":status"] ?? 0, body: await textOf(stream) };
    } finally {
      session.destroy();
    }
  },
};

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}
