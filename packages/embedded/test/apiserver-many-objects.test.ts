import { afterAll, beforeAll, expect, it } from "vitest";
import {
  configMap,
  openTestServer,
  type Reply,
  type TestServer,
  type WatchLine,
} from "./support/apiserver-client.ts";

const COUNT = 10_000;
const AT_ONCE = 64;
const PAGE = 500;
const TIMEOUT_MS = 180_000;
const MAPS = "/api/v1/namespaces/default/configmaps";

const names = Array.from({ length: COUNT }, (_, index) => `map-${String(index).padStart(5, "0")}`);

let server: TestServer;

beforeAll(async () => {
  server = await openTestServer();
});

afterAll(() => server.close());

/** Every page of a list, one after another. */
async function pages(): Promise<Reply["json"][]> {
  const all: Reply["json"][] = [];
  for (let next: string | undefined = ""; next !== undefined;) {
    const page: Reply = await server.call(
      "GET",
      `${MAPS}?limit=${PAGE}${next === "" ? "" : `&continue=${next}`}`,
    );
    expect(page.status).toBe(200);
    all.push(page.json);
    const token = (page.json.metadata as { continue?: string }).continue;
    next = token === undefined || token === "" ? undefined : encodeURIComponent(token);
  }
  return all;
}

function nameOf(line: WatchLine): string {
  return line.object.metadata.name ?? "";
}

/** Names in the order in which their events of this type came; each event newer than the one before. */
async function follow(path: string, type: string): Promise<{ seen: Promise<string[]>; close: () => void }> {
  const watch = await server.watch(path);
  async function collect(): Promise<string[]> {
    const found: string[] = [];
    let last = 0n;
    while (found.length < COUNT) {
      const line = await watch.next();
      if (line.type !== type) continue;
      const version = BigInt(line.object.metadata.resourceVersion ?? "0");
      expect(version).toBeGreaterThan(last);
      last = version;
      found.push(nameOf(line));
    }
    return found;
  }
  return { seen: collect(), close: () => watch.close() };
}

it(
  "keeps ten thousand objects: made, listed in pages, watched, kept over a restart, and deleted, each exactly once",
  async () => {
    const first = await server.call("GET", MAPS);
    const before = (first.json.metadata as { resourceVersion: string }).resourceVersion;
    const live = await follow(`${MAPS}?watch=true&resourceVersion=${before}`, "ADDED");
    const todo = names.values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const name of todo) {
          const { status } = await server.call("POST", MAPS, configMap(name, { name }));
          expect(status).toBe(201);
        }
      }),
    );
    expect((await live.seen).toSorted()).toEqual(names);
    live.close();

    const listed = await pages();
    expect(listed.length).toBe(COUNT / PAGE);
    expect(listed.flatMap(({ items }) => items.map((one) => one.metadata.name))).toEqual(names);
    listed.forEach(({ metadata }, index) => {
      const left = COUNT - (index + 1) * PAGE;
      expect((metadata as { remainingItemCount?: number }).remainingItemCount ?? 0).toBe(left);
      expect(metadata.resourceVersion).toBe(listed[0]?.metadata.resourceVersion);
    });

    await server.restart();
    const whole = await server.call("GET", MAPS);
    expect(whole.json.items.map((one) => [one.metadata.name, one["data"]])).toEqual(
      names.map((name) => [name, { name }]),
    );

    const { resourceVersion } = whole.json.metadata as { resourceVersion: string };
    const gone = await follow(`${MAPS}?watch=true&resourceVersion=${resourceVersion}`, "DELETED");
    const deleted = await server.call("DELETE", MAPS);
    expect(deleted.status).toBe(200);
    expect((await gone.seen).toSorted()).toEqual(names);
    gone.close();
    expect((await server.call("GET", MAPS)).json.items).toEqual([]);
  },
  TIMEOUT_MS,
);
