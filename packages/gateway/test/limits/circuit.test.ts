import { afterEach, describe, expect, it } from "vitest";
import { ANNOTATION_H2C_PORTS, type Logger } from "@sandgate/contract";
import { entry, openBench, type Bench } from "../support.ts";
import { openDeafListener, type DeafListener } from "./deaf-listener.ts";

/** A group's address: the kernel refuses to connect to it and sends nothing. */
const NO_WAY_THERE = "224.0.0.1";

let bench: Bench;
let deaf: DeafListener | null = null;
afterEach(async () => {
  await bench.close();
  await deaf?.close();
  deaf = null;
});

async function errorOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { code: unknown }).code;
}

function recording(lines: string[]): Logger {
  const add = (message: string): void => void (message.includes("address") && lines.push(message));
  return { debug: add, info: add, warn: add, error: add };
}

describe("a pod whose address does not answer", () => {
  it("is left alone after three connects, and callers are told at once when to come back", async () => {
    const lines: string[] = [];
    bench = await openBench(
      (_request, response) => response.end(),
      { metricsPort: 0 },
      { podIp: NO_WAY_THERE, logger: recording(lines) },
    );
    bench.routes.put("alice-box", entry("alice", "box"));
    const url = `${bench.gateway.url}/alice/box/`;
    for (let time = 0; time < 3; time++) {
      const response = await fetch(url);
      expect([response.status, await errorOf(response)]).toEqual([502, "UNREACHABLE"]);
    }
    const response = await fetch(`${bench.gateway.url}/alice/box:9000/`, { method: "POST", body: "once" });
    expect([response.status, await errorOf(response)]).toEqual([503, "CIRCUIT_OPEN"]);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(lines).toEqual(["a pod's address does not answer and is left alone"]);
    const metrics = await (await fetch(`${bench.gateway.metricsUrl}/metrics`)).text();
    expect(metrics).toContain("sandgate_circuits_open 1\n");
    expect(metrics).toContain("sandgate_circuit_openings_total 1\n");
    // Nothing was sent, so each of the three was tried once more.
    expect(metrics).toContain("sandgate_redials_total 3\n");
  });

  it("is asked again at once when it is another pod with the same address", async () => {
    bench = await openBench((_request, response) => response.end(), {}, { podIp: NO_WAY_THERE });
    const one = entry("alice", "box");
    bench.routes.put("alice-box", one);
    const url = `${bench.gateway.url}/alice/box/`;
    for (let time = 0; time < 3; time++) await fetch(url);
    expect((await fetch(url)).status).toBe(503);
    bench.routes.put("alice-box", { ...one, pod: one.pod && { ...one.pod, uid: "another" } });
    expect(await errorOf(await fetch(url))).toBe("UNREACHABLE");
  });

  it("is left alone just so where it speaks HTTP/2", async () => {
    bench = await openBench((_request, response) => response.end(), {}, { podIp: NO_WAY_THERE });
    const one = entry("alice", "box");
    const annotations = { [ANNOTATION_H2C_PORTS]: "50051" };
    bench.routes.put("alice-box", { ...one, sandbox: { ...one.sandbox, annotations } });
    const url = `${bench.gateway.url}/alice/box:50051/`;
    const codes: unknown[] = [];
    for (let time = 0; time < 4; time++) codes.push(await errorOf(await fetch(url)));
    expect(codes).toEqual(["UNREACHABLE", "UNREACHABLE", "UNREACHABLE", "CIRCUIT_OPEN"]);
  });

  it("is tried by one request when it is time, and serves all when that one gets through", async () => {
    deaf = await openDeafListener();
    const lines: string[] = [];
    bench = await openBench(
      (_request, response) => response.end(),
      { connectTimeoutMs: 150 },
      { logger: recording(lines) },
    );
    bench.routes.put("alice-box", entry("alice", "box"));
    const url = `${bench.gateway.url}/alice/box:${deaf.port}/`;
    for (let time = 0; time < 3; time++) expect(await errorOf(await fetch(url))).toBe("UNREACHABLE");
    expect(await errorOf(await fetch(url))).toBe("CIRCUIT_OPEN");
    await deaf.wake();
    let text = await (await fetch(url)).text();
    while (text.includes("CIRCUIT_OPEN")) text = await (await fetch(url)).text();
    expect(text).toBe("awake");
    expect(lines).toEqual([
      "a pod's address does not answer and is left alone",
      "a pod's address answers again",
    ]);
  });

  it("is not said of one that refuses: its program may just be starting", async () => {
    deaf = await openDeafListener();
    const { port } = deaf;
    await deaf.close();
    deaf = null;
    bench = await openBench((_request, response) => response.end());
    bench.routes.put("alice-box", entry("alice", "box"));
    for (let time = 0; time < 5; time++)
      expect(await errorOf(await fetch(`${bench.gateway.url}/alice/box:${port}/`))).toBe("REFUSED");
  });

  it("is not said of one whose connect took longer than its client would wait", async () => {
    deaf = await openDeafListener();
    bench = await openBench((_request, response) => response.end(), { routerPort: 0 });
    bench.routes.put("alice-box", entry("alice", "box"));
    const headers = {
      "x-sandbox-id": "box",
      "x-sandbox-port": String(deaf.port),
      "x-sandbox-timeout": "0.05",
    };
    const text: string[] = [];
    for (let time = 0; time < 4; time++)
      text.push(await (await fetch(`${bench.gateway.routerUrl}/`, { headers })).text());
    expect(new Set(text).size).toBe(1);
    expect(text[0]).toContain("no connection within");
  });
});
