import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { SpdySession, type SpdyStream } from "@sandgate/kube";

export const SPDY_PORT_FORWARD_PROTOCOL = "portforward.k8s.io";
/** Subprotocol of a WebSocket whose messages carry the bytes of a SPDY connection (kubectl 1.31 and later). */
export const TUNNELED_PORT_FORWARD_PROTOCOL = "SPDY/3.1+portforward.k8s.io";

/** How long a data stream waits for its error stream or the other way round. */
const PAIR_TIMEOUT_MS = 30_000;

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  timer: NodeJS.Timeout;
}

/**
 * Port-forward: for each forwarded connection the client opens an error and a data stream with the same request id. A
 * port that refuses is told on the error stream and ends that pair only, never the session.
 */
export async function serveSpdyPortForward(
  connection: Duplex,
  dial: (port: number) => Promise<Duplex>,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const session = new SpdySession(connection, (stream) => {
    const type = stream.headers.get("streamtype");
    const port = Number(stream.headers.get("port"));
    const id = stream.headers.get("requestid") ?? String(port);
    if ((type !== "error" && type !== "data") || !Number.isInteger(port) || port < 1 || port > 65535) {
      stream.destroy();
      return;
    }
    let pair = pairs.get(id);
    if (pair === undefined) {
      const opened: Pair = {
        timer: setTimeout(() => {
          pairs.delete(id);
          opened.error?.destroy();
          opened.data?.destroy();
        }, PAIR_TIMEOUT_MS),
      };
      pair = opened;
      pairs.set(id, opened);
    }
    pair[type] = stream;
    const { error, data } = pair;
    if (error === undefined || data === undefined) return;
    clearTimeout(pair.timer);
    pairs.delete(id);
    void forward(port, error, data, dial);
  });
  await session.done;
  for (const pair of pairs.values()) clearTimeout(pair.timer);
}

async function forward(
  port: number,
  error: SpdyStream,
  data: SpdyStream,
  dial: (port: number) => Promise<Duplex>,
): Promise<void> {
  // The client half-closes the error stream at once; reading it lets the stream end.
  error.resume();
  let target: Duplex;
  try {
    target = await dial(port);
  } catch (failure) {
    error.end(`error forwarding port ${port}: ${(failure as Error).message}`);
    data.destroy();
    return;
  }
  // Each direction ends on its own; a reset on either side ends both, which is how TCP would look.
  const cut = (): void => {
    target.destroy();
    data.destroy();
  };
  await Promise.all([pipeline(data, target).catch(cut), pipeline(target, data).catch(cut)]);
  error.end();
}
