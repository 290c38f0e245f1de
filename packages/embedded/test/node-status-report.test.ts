import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger, type Pod, type Stored } from "@sandgate/contract";
import { createKubeClient, type KubeClient } from "@sandgate/kube";
import { newRecord } from "../src/node/pod/container-record.ts";
import { StatusReport } from "../src/node/pod/status-report.ts";

const POD: Stored<Pod> = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "box",
    namespace: "default",
    uid: "u1",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: { containers: [{ name: "main", image: "sandgate.dev/runtime" }] },
};

/** Answers to the writes, one after another; the last one from then on. 200 answers with the pod. */
let answers: number[];
let writes: number;
let found: Stored<Pod>;
let server: Server;
let client: KubeClient;
let closing: boolean;
let stored: PromiseWithResolvers<void>;
let report: StatusReport;

beforeEach(async () => {
  writes = 0;
  found = POD;
  closing = false;
  stored = Promise.withResolvers();
  server = createServer((request, response) => {
    request.resume();
    const isWrite = request.method === "PATCH";
    const code = isWrite ? (answers[Math.min(writes++, answers.length - 1)] ?? 500) : 200;
    response.writeHead(code, { "content-type": "application/json" });
    response.end(
      JSON.stringify(
        code === 200
          ? found
          : { kind: "Status", code, reason: code === 409 ? "Conflict" : "", message: "no room" },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  report = new StatusReport({
    client,
    logger: silentLogger,
    current: () => ({
      pod: POD,
      init: [],
      containers: [newRecord("main")],
      ip: null,
      nodeIp: "10.0.0.1",
      startTime: "2026-01-01T00:00:00Z",
      nowMs: 0,
      verdict: null,
    }),
    onStored: () => stored.resolve(),
    isClosing: () => closing,
  });
});

afterEach(async () => {
  closing = true;
  await report.settled();
  await client.close();
  server.close();
});

describe("a pod's status that the API server does not take", () => {
  test("is written as soon as it does, however long that took", async () => {
    answers = [500, 500, 507, 500, 500, 500, 200];
    report.publish();
    await stored.promise;
    expect(writes).toBe(7);
  });

  test("does not hold up the pod's end", async () => {
    answers = [500];
    report.publish();
    await report.settled();
    expect(writes).toBeGreaterThan(1);
  });

  test("is left at once where the pod is gone", async () => {
    answers = [404];
    report.publish();
    await report.settled();
    expect(writes).toBe(1);
  });

  test("is left at once where the name is another pod's", async () => {
    answers = [409];
    found = { ...POD, metadata: { ...POD.metadata, uid: "u2" } };
    report.publish();
    await report.settled();
    expect(writes).toBe(1);
  });

  test("is left after one try where the node ends", async () => {
    answers = [500];
    closing = true;
    report.publish();
    await report.settled();
    expect(writes).toBe(1);
  });
});
