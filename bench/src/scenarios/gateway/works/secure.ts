import { runGenerator } from "../load/generator.ts";
import { h2load } from "../load/h2load.ts";
import type { HandshakesTask } from "../load/handshakes-process.ts";
import { headOf } from "../load/open-websocket.ts";
import { TYPICAL_HEADERS } from "../load/typical-headers.ts";
import { spread } from "../sandboxes.ts";
import { SMALL_GET } from "./requests.ts";
import { targetOf, type Work } from "./work.ts";

const SANDBOXES = 1_000;
/**
 * All connections of h2load go through one list at the same pace, so each sandbox is asked by all at once. With few of them the
 * connections that this takes are there soon.
 */
const SANDBOXES_OF_STREAMS = 100;
/** Their client is slow: more at once would wait for it. */
const AT_ONCE = 16;

export const TLS_GET: Work = { ...SMALL_GET, name: "tls", title: "small GET by TLS 1.3, 64 connections" };

export const TLS_HANDSHAKES = handshakes(
  "tlsnew",
  "a TLS connection for each request, whole handshakes",
  false,
);
export const TLS_RESUMED = handshakes("tlsagain", "the same, sessions taken up again", true);

export const TLS_HTTP_2 = http2("h2", "small GET by HTTP/2 and TLS, 16 connections of 8 streams");
/** With prior knowledge, as a proxy in front of the gateway may speak it. */
export const CLEAR_HTTP_2 = http2("h2c", "small GET by HTTP/2 without TLS, 16 connections of 8 streams");

function handshakes(name: string, title: string, resumes: boolean): Work {
  return {
    name,
    title,
    unit: "request",
    comparedBy: "rate",
    run(candidate, { seconds }, meter) {
      const { host, port, certificate } = candidate;
      const requests = spread(candidate.sandboxes, "answering", SANDBOXES).map((sandbox) =>
        headOf("GET", targetOf(candidate, sandbox, "/small"), { ...TYPICAL_HEADERS, Connection: "close" }),
      );
      const ca = certificate?.pem ?? "";
      const task: HandshakesTask = { host, port, ca, resumes, requests, connections: AT_ONCE, seconds };
      return runGenerator("handshakes-process.ts", { ...task }, meter);
    },
  };
}

function http2(name: string, title: string): Work {
  return {
    name,
    title,
    unit: "request",
    comparedBy: "rate",
    run(candidate, { seconds }, meter) {
      const sandboxes = spread(candidate.sandboxes, "answering", SANDBOXES_OF_STREAMS);
      return h2load(candidate, sandboxes, { connections: 16, streams: 8, seconds, path: "/small" }, meter);
    },
  };
}
