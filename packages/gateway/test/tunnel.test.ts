/** Sandboxes that are reached through connections which somebody else opens: here plain ones to the bench's backend. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import type { OpenTunnel } from "../src/index.ts";
import { entry, openBench, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

/** A gateway that dials by tunnel; every tunnel that it opened. */
async function open(
  handler: Parameters<typeof openBench>[0] = (_request, response) => response.end("here"),
  openTunnel?: OpenTunnel,
): Promise<{ url: string; opened: Socket[]; asked: Parameters<OpenTunnel>[0][] }> {
  const opened: Socket[] = [];
  const asked: Parameters<OpenTunnel>[0][] = [];
  const toBackend: OpenTunnel = async (target) => {
    asked.push(target);
    const socket = connect(bench.backendPort, "127.0.0.1");
    opened.push(socket);
    await once(socket, "connect");
    return socket;
  };
  bench = await openBench(handler, { dial: "port-forward" }, { openTunnel: openTunnel ?? toBackend });
  bench.routes.put("alice-box", entry("alice", "box"));
  return { url: `${bench.gateway.url}/alice/box:8000/`, opened, asked };
}

describe("a tunnel to a pod", () => {
  it("is asked for by the pod's name and UID, for a connection that ends with its request", async () => {
    const { url, asked, opened } = await open();
    for (let round = 0; round < 3; round++) expect(await (await fetch(url)).text()).toBe("here");
    const place = { namespace: "default", pod: "box", podUid: "pod-alice-box", port: 8000 };
    const target = { kind: "tunnel", ...place, h2c: false };
    expect(asked).toEqual([target, target, target]);
    await expect.poll(() => opened.every((socket) => socket.destroyed)).toBe(true);
  });

  it("is to the pod that the sandbox has now", async () => {
    const { url, asked } = await open();
    await (await fetch(url)).text();
    const other = entry("alice", "box");
    bench.routes.put("alice-box", { ...other, pod: { ...other.pod!, uid: "anew" } });
    await (await fetch(url)).text();
    expect(asked.map((one) => one.podUid)).toEqual(["pod-alice-box", "anew"]);
  });

  it("may keep what it was given for a while after it said that it has it, and every byte is right", async () => {
    /** As a stream over another one: what is written waits in the lower one, by reference. */
    const openTunnel: OpenTunnel = async () => {
      const socket = connect(bench.backendPort, "127.0.0.1");
      await once(socket, "connect");
      const upper = new Duplex({
        read: () => void socket.resume(),
        write(chunk: Buffer, _encoding, done) {
          setTimeout(() => socket.write(chunk), 20);
          done();
        },
        final(done) {
          setTimeout(() => socket.end(done), 20);
        },
        destroy(error, done) {
          socket.destroy();
          done(error);
        },
      });
      socket.on("data", (chunk) => {
        if (!upper.push(chunk)) socket.pause();
      });
      socket.on("end", () => upper.push(null));
      return upper;
    };
    const { url } = await open((request, response) => {
      const hash = createHash("sha256");
      request.on("data", (chunk: Buffer) => hash.update(chunk));
      request.on("end", () => response.end(hash.digest("hex")));
    }, openTunnel);
    const bodies = Array.from({ length: 6 }, () => randomBytes(3 * 1024 * 1024));
    const hashes = await Promise.all(
      bodies.map(async (body) => (await fetch(url, { method: "POST", body })).text()),
    );
    expect(hashes).toEqual(bodies.map((body) => createHash("sha256").update(body).digest("hex")));
  });

  it("carries a WebSocket", async () => {
    const { url } = await open();
    const server = new WebSocketServer({ server: bench.backend });
    server.on("connection", (peer) => peer.on("message", (data) => peer.send(data, { binary: false })));
    const client = new WebSocket(url.replace("http", "ws"));
    await once(client, "open");
    client.send("through");
    const [data] = (await once(client, "message")) as [RawData];
    expect((data as Buffer).toString()).toBe("through");
    client.close(1000);
    await once(client, "close");
  });

  it.each([
    ["ECONNREFUSED", "REFUSED", 502],
    ["ECONNRESET", "BROKEN", 502],
  ])("that ends with %s before any answer is told as %s", async (code, problem, status) => {
    const { url, opened } = await open((request) => {
      for (const socket of opened) socket.destroy(Object.assign(new Error("the node says no"), { code }));
      request.resume();
    });
    const response = await fetch(url, { method: "POST", body: "x" });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, problem]);
  });

  it("that cannot be opened is told, without what the API server said to us", async () => {
    const { url } = await open(undefined, () =>
      Promise.reject(new Error('User "ops" cannot create portforward')),
    );
    const text = await (await fetch(url)).text();
    expect(JSON.parse(text)).toMatchObject({ code: "UNREACHABLE", status: 502 });
    expect(text).not.toContain("ops");
  });
});
