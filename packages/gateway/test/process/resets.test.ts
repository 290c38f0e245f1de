/** A connection that is reset, by either side, in whatever phase: the other side learns of it, and nothing of it is left. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { issueCertificate } from "../certificate-support.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";
import { openClient, openRawSandbox, PHASES, type RawSandbox } from "./phases.ts";

/** More than a sandbox's callers may have under way: one that is counted for ever shows in the third round. */
const ROUNDS = 5;
const MOST_UNDER_WAY = 2;

/** Everything that a gateway counts of what is open. */
async function left(gateway: GatewayProcess): Promise<Record<string, number>> {
  return {
    underWay: await gateway.metric("sandgate_requests_in_flight"),
    tunnels: await gateway.metric('sandgate_tunnels_open{protocol="other"}'),
    busy: await gateway.metric('sandgate_upstream_connections{state="busy"}'),
    idle: await gateway.metric('sandgate_upstream_connections{state="idle"}'),
    connections: await gateway.metric('sandgate_connections_open{listener="gateway"}'),
    descriptors: (await gateway.measure(false)).fds,
  };
}

describe.each([
  ["in cleartext", false],
  ["by TLS", true],
])("a connection %s that is reset", (_how, secure) => {
  let folder: string;
  let gateway: GatewayProcess;
  let box: RawSandbox;
  let before: Record<string, number>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sandgate-resets-"));
    const pair = secure ? await issueCertificate(folder, "one", ["localhost"]) : null;
    gateway = await startGatewayProcess({
      maxInFlightPerSandbox: MOST_UNDER_WAY,
      ...(pair === null ? {} : { tlsCert: pair.cert, tlsKey: pair.key }),
    });
    box = await openRawSandbox();
    // What is opened once, by the first request, is there from here on.
    const { client, sandbox } = await PHASES["between two requests"]!(gateway.url, box);
    client.wire.resetAndDestroy();
    sandbox?.socket.resetAndDestroy();
    await vi.waitUntil(async () => {
      const { idle, connections } = await left(gateway);
      return idle === 0 && connections === 0;
    }, 20_000);
    before = await left(gateway);
  });
  afterAll(async () => {
    box.close();
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  it("leaves nothing to begin with", () => {
    expect(before).toMatchObject({ underWay: 0, tunnels: 0, busy: 0, idle: 0, connections: 0 });
  });

  it.each(Object.entries(PHASES))("by the client %s leaves nothing", async (phase, begin) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { client, sandbox } = await begin(gateway.url, box);
      client.wire.resetAndDestroy();
      if (phase === "between two requests") sandbox?.socket.resetAndDestroy();
      else await sandbox?.until(({ ended, closed }) => ended || closed);
      sandbox?.socket.destroy();
    }
    await expect.poll(() => left(gateway), { timeout: 20_000 }).toEqual(before);
  });

  const reached = Object.entries(PHASES).filter(([phase]) => phase !== "within the head");
  it.each(reached)("by the sandbox %s leaves nothing, and the client learns of it", async (phase, begin) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { client, sandbox } = await begin(gateway.url, box);
      sandbox!.socket.resetAndDestroy();
      if (phase === "between two requests") {
        await expect.poll(() => gateway.metric('sandgate_upstream_connections{state="idle"}')).toBe(0);
        expect(client.peer.closed || client.peer.ended).toBe(false);
      } else await client.peer.until(({ text, ended, closed }) => ended || closed || text.includes("BROKEN"));
      client.wire.resetAndDestroy();
    }
    await expect.poll(() => left(gateway), { timeout: 20_000 }).toEqual(before);
  });

  if (!secure) return;
  it("within its handshake leaves nothing", async () => {
    const { hostname, port } = new URL(gateway.url);
    for (let round = 0; round < ROUNDS; round++) {
      const wire = connect(Number(port), hostname);
      await once(wire, "connect");
      // The begin of a ClientHello.
      wire.write(Buffer.from("16030100c8010000c403", "hex"));
      wire.resetAndDestroy();
    }
    const client = await openClient(gateway.url);
    client.wire.resetAndDestroy();
    await expect.poll(() => left(gateway), { timeout: 20_000 }).toEqual(before);
  });
});
