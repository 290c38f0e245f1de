import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createMetricsServer } from "../src/metrics/metrics-server.ts";
import { readPrometheusText } from "./prometheus-text.ts";

let server: Server;
afterEach(async () => {
  server.close().closeAllConnections();
  await once(server, "close");
});

async function ask(
  snapshot: Parameters<typeof createMetricsServer>[0],
  path = "/metrics",
): Promise<Response> {
  server = createMetricsServer(snapshot);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
}

it("waits for a snapshot that takes its time", async () => {
  const answer = await ask(async () => {
    await new Promise(setImmediate);
    return { sandgate_dials_total: [{ labels: [], value: 7 }] };
  });
  expect(
    readPrometheusText(await answer.text())
      .get("sandgate_dials_total")
      ?.samples.get(""),
  ).toBe(7);
});

it.each([
  ["fails later", () => Promise.reject(new Error("a thread is gone"))],
  [
    "throws",
    () => {
      throw new Error("a thread is gone");
    },
  ],
])("answers 500 with the reason where the snapshot %s, and goes on", async (_, snapshot) => {
  const answer = await ask(snapshot);
  expect(answer.status).toBe(500);
  expect(await answer.text()).toBe("The metrics cannot be gathered: Error: a thread is gone\n");
});

it.each([
  ["/metrics?a=b", 200],
  ["/", 404],
  ["/metrics/x", 404],
])("answers %s with %s", async (path, status) => {
  expect((await ask(() => ({}), path)).status).toBe(status);
});
