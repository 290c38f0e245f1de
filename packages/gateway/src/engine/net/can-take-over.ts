import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { Channel } from "./channel.ts";

const PROBE_MS = 10_000;

/**
 * Whether accepted connections can be taken over, tried on loopback: bytes must come, go and end. It rests on what Node.js
 * does not promise, and costs a tenth of the speed where it does not work.
 */
export function canTakeOver(): Promise<boolean> {
  return (found ??= tryTakeOver());
}

let found: Promise<boolean> | undefined;

async function tryTakeOver(): Promise<boolean> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  const outcome = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => outcome.resolve(false), PROBE_MS);
  server.once("connection", (socket) => {
    try {
      const channel: Channel = Channel.takeOver(socket, {
        bytes: (bytes, length) => channel.write(bytes.toString("latin1", 0, length)),
        ended: () => channel.end(),
        drained: () => {},
        closed: () => {},
      });
    } catch {
      outcome.resolve(false);
    }
  });
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    let heard = "";
    client.setEncoding("latin1").on("data", (text: string) => (heard += text));
    client.once("end", () => outcome.resolve(heard === "probe"));
    client.once("error", () => outcome.resolve(false));
    client.end("probe");
    const result = await outcome.promise;
    client.destroy();
    return result;
  } catch {
    // No loopback: nothing was learned.
    return false;
  } finally {
    clearTimeout(timer);
    server.close();
  }
}
