import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectHttp2 } from "node:http2";
import { afterEach, describe, expect, it } from "vitest";
import { openBench, raw, type Bench } from "../support.ts";

let bench: Bench;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await bench.close();
});

async function open(flags: Readonly<Record<string, unknown>>): Promise<void> {
  bench = await openBench((_request, response) => response.end(), { metricsPort: 0, ...flags });
}

const PROBE = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** A connection that is used and kept. */
async function keep(): Promise<Socket> {
  const { port, hostname } = new URL(bench.gateway.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.write(PROBE);
  await once(socket, "data");
  return socket;
}

/** What became of one more: its answer, or the code of the error by which it ended. */
async function oneMore(): Promise<string> {
  return raw(bench.gateway.url, PROBE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).catch(
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

async function metric(line: string): Promise<void> {
  let text = "";
  while (!text.includes(`${line}\n`))
    text = await (await fetch(`${bench.gateway.metricsUrl}/metrics`)).text();
}

describe("connections of clients", () => {
  it("are as many from one address as it may have, and one more when one has ended", async () => {
    await open({ maxConnectionsPerClient: 2 });
    const [first] = [await keep(), await keep()];
    expect(await oneMore()).toBe("ECONNRESET");
    await metric('sandgate_connections_refused_total{listener="gateway"} 1');
    first.destroy();
    await metric('sandgate_connections_open{listener="gateway"} 1');
    expect(await oneMore()).toMatch(/^HTTP\/1.1 200 /);
  });

  it("are not counted by address where many clients come through a trusted proxy, but with all", async () => {
    await open({ maxConnectionsPerClient: 1, maxConnections: 3, trustedProxies: ["127.0.0.0/8"] });
    for (let count = 0; count < 3; count++) await keep();
    expect(await oneMore()).toBe("ECONNRESET");
  });

  it("are counted over all listeners", async () => {
    await open({ maxConnections: 1, routerPort: 0 });
    await keep();
    await expect(raw(bench.gateway.routerUrl ?? "", PROBE)).rejects.toThrow("ECONNRESET");
  });

  it("count once where HTTP/1.1 becomes HTTP/2, with all of its streams", async () => {
    await open({ maxConnectionsPerClient: 1 });
    const session = connectHttp2(bench.gateway.url);
    for (let count = 0; count < 3; count++) {
      const request = session.request({ ":path": "/healthz" });
      const [headers] = (await once(request, "response")) as [{ ":status": number }];
      expect(headers[":status"]).toBe(200);
      request.resume();
      await once(request, "close");
    }
    expect(await oneMore()).toBe("ECONNRESET");
    session.close();
    await metric('sandgate_connections_open{listener="gateway"} 0');
    expect(await oneMore()).toMatch(/^HTTP\/1.1 200 /);
  });
});
