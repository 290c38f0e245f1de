import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Loose, type TestServer, configMap, openTestServer } from "./support/apiserver-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const MERGE = { type: "application/merge-patch+json" };

interface PageMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

describe("list", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
    for (let index = 0; index < 10; index++) {
      const labels = { parity: index % 2 === 0 ? "even" : "odd" };
      await test.call("POST", MAPS, configMap(`m${index}`, {}, { labels }));
    }
  });
  afterAll(() => test.close());

  async function page(query: string): Promise<{ names: string[]; metadata: PageMeta; items: Loose[] }> {
    const { json } = await test.call("GET", `${MAPS}?${query}`);
    return {
      names: json.items.map((item) => item.metadata.name ?? ""),
      metadata: json.metadata as unknown as PageMeta,
      items: json.items,
    };
  }

  it("shows pages of one moment, whatever is written between them", async () => {
    const first = await page("limit=4");
    expect(first.names).toEqual(["m0", "m1", "m2", "m3"]);
    expect(first.metadata.remainingItemCount).toBe(6);
    await test.call("DELETE", `${MAPS}/m5`);
    await test.call("POST", MAPS, configMap("m55"));
    await test.call("PATCH", `${MAPS}/m6`, { data: { new: "1" } }, MERGE);
    const second = await page(`limit=4&continue=${first.metadata.continue}`);
    expect(second.names).toEqual(["m4", "m5", "m6", "m7"]);
    expect(second.items[2]).not.toHaveProperty("data.new");
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const third = await page(`limit=4&continue=${second.metadata.continue}`);
    expect(third.names).toEqual(["m8", "m9"]);
    expect(third.metadata.continue).toBeUndefined();
  });

  it("shows the state at an exact version, and refuses one that is yet to come", async () => {
    const before = await page("");
    await test.call("POST", MAPS, configMap("m99"));
    const past = await page(`resourceVersion=${before.metadata.resourceVersion}&resourceVersionMatch=Exact`);
    expect(past.names).toEqual(before.names);
    const notOlder = await page(`resourceVersion=${before.metadata.resourceVersion}`);
    expect(notOlder.names).toContain("m99");
    expect((await page("resourceVersion=0")).names).toContain("m99");
    const future = await test.call("GET", `${MAPS}?resourceVersion=99999999`);
    expect(future.status).toBe(504);
    expect(future.json.details).toMatchObject({ causes: [{ reason: "ResourceVersionTooLarge" }] });
  });

  it("selects by labels and fields, in pages too", async () => {
    const odd = await page("labelSelector=parity%20in%20(odd)&limit=2");
    expect(odd.names).toEqual(["m1", "m3"]);
    expect(odd.metadata.remainingItemCount).toBeUndefined();
    const rest = await page(`labelSelector=parity%20in%20(odd)&limit=10&continue=${odd.metadata.continue}`);
    expect(rest.names).toEqual(["m7", "m9"]);
    expect((await page("fieldSelector=metadata.name%3Dm3")).names).toEqual(["m3"]);
    expect((await page("fieldSelector=metadata.name!%3Dm3&labelSelector=parity%3Dodd")).names).not.toContain(
      "m3",
    );
  });

  it("keeps namespaces apart whose names begin alike", async () => {
    for (const name of ["a", "a-b", "a0"]) {
      await test.call("POST", "/api/v1/namespaces", { metadata: { name } });
      await test.call("POST", `/api/v1/namespaces/${name}/configmaps`, configMap(`in-${name}`));
    }
    for (const name of ["a", "a-b", "a0"]) {
      const { json } = await test.call("GET", `/api/v1/namespaces/${name}/configmaps`);
      expect(json.items.map((item) => item.metadata.name)).toEqual([`in-${name}`]);
    }
    const all = await test.call("GET", "/api/v1/configmaps?limit=2");
    expect(all.json.kind).toBe("ConfigMapList");
    expect(all.json.items).toHaveLength(2);
  });

  it("refuses selectors, limits and tokens that it does not understand", async () => {
    for (const query of [
      "labelSelector=a%20in",
      "labelSelector=a%3D%3D%3Db",
      "fieldSelector=x",
      "limit=x",
      "continue=x",
      "resourceVersion=x",
    ]) {
      expect([query, (await test.call("GET", `${MAPS}?${query}`)).status]).toEqual([query, 400]);
    }
    for (const query of ["resourceVersionMatch=Exact", "resourceVersion=0&resourceVersionMatch=Exact"]) {
      expect((await test.call("GET", `${MAPS}?${query}`)).json.reason).toBe("Invalid");
    }
  });
});
