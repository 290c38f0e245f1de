import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, openTestServer } from "./support/apiserver-client.ts";

describe("events", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  it("are the same in both of their groups", async () => {
    const group = "/apis/events.k8s.io/v1/namespaces/default/events";
    const core = "/api/v1/namespaces/default/events";
    const made = await test.call("POST", group, {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e1" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      regarding: { apiVersion: "v1", kind: "Pod", name: "p", namespace: "default", uid: "u" },
      action: "Making",
      reason: "Made",
      note: "it is made",
      type: "Normal",
      reportingController: "test",
      reportingInstance: "test-1",
    });
    expect(made.status).toBe(201);
    const watch = await test.watch(`${group}?watch=true&fieldSelector=regarding.name%3Dp`);
    expect((await watch.next()).object).toMatchObject({ apiVersion: "events.k8s.io/v1", note: "it is made" });
    watch.close();
    const read = await test.call("GET", `${core}?fieldSelector=involvedObject.uid%3Du`);
    expect(read.json.items).toMatchObject([
      { apiVersion: "v1", message: "it is made", involvedObject: { name: "p" } },
    ]);
    const type = "application/strategic-merge-patch+json";
    await test.call("PATCH", `${core}/e1`, { message: "again" }, { type });
    expect((await test.call("GET", `${group}/e1`)).json).toMatchObject({ note: "again" });
  });
});
