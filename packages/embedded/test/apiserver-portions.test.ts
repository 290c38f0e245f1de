import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, configMap, openTestServer } from "./support/apiserver-client.ts";

const COUNT = 450;

describe("many objects at once", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  async function fill(namespace: string, metadata: object): Promise<void> {
    await test.call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const names = Array.from({ length: COUNT }, (_, index) => `m${index}`);
    await Promise.all(names.map((name) => test.call("POST", path, configMap(name, {}, metadata))));
  }

  it("go with their namespace, even where each waits for a finalizer", async () => {
    await fill("many", { finalizers: ["a.dev/hold"] });
    const path = "/api/v1/namespaces/many/configmaps";
    const watch = await test.watch("/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dmany");
    await test.call("DELETE", "/api/v1/namespaces/many");
    await watch.until((line) =>
      JSON.stringify(line.object).includes(`a.dev/hold in ${COUNT} resource instances`),
    );
    const list = await test.call("GET", path);
    expect(list.json.items.every((item) => item.metadata.deletionTimestamp !== undefined)).toBe(true);
    const type = "application/merge-patch+json";
    await Promise.all(
      list.json.items.map((item) =>
        test.call("PATCH", `${path}/${item.metadata.name}`, { metadata: { finalizers: null } }, { type }),
      ),
    );
    await watch.until((line) => line.type === "DELETED");
    watch.close();
  });

  it("are orphaned before their owner goes", async () => {
    const maps = "/api/v1/namespaces/default/configmaps";
    const owner = (await test.call("POST", maps, configMap("owner"))).json.metadata;
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: owner.name, uid: owner.uid };
    const names = Array.from({ length: COUNT }, (_, index) => `o${index}`);
    await Promise.all(
      names.map((name) => test.call("POST", maps, configMap(name, {}, { ownerReferences: [reference] }))),
    );
    const watch = await test.watch(`${maps}?watch=true&fieldSelector=metadata.name%3Downer`);
    await test.call("DELETE", `${maps}/owner`, { propagationPolicy: "Orphan" });
    await watch.until((line) => line.type === "DELETED");
    watch.close();
    const { json } = await test.call("GET", maps);
    expect(json.items.filter((item) => item.metadata.name?.startsWith("o"))).toHaveLength(COUNT);
    expect(json.items.some((item) => item.metadata.ownerReferences !== undefined)).toBe(false);
  });

  it("are deleted as one collection", async () => {
    const maps = "/api/v1/namespaces/default/configmaps";
    const reply = await test.call("DELETE", maps);
    expect(reply.json.items.length).toBeGreaterThanOrEqual(COUNT);
    expect((await test.call("GET", maps)).json.items).toEqual([]);
  });
});
