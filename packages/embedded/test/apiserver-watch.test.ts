import { once } from "node:events";
import { connect } from "node:tls";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Loose,
  type TestServer,
  type WatchLine,
  configMap,
  openTestServer,
} from "./support/apiserver-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const MERGE = { type: "application/merge-patch+json" };
const LIST = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

function nameOf(line: WatchLine): string {
  return `${line.type} ${line.object.metadata.name}`;
}

describe("watch", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  async function revision(): Promise<string> {
    return (await test.call("GET", MAPS)).json.metadata.resourceVersion ?? "";
  }

  it("tells what happens after the version of a list, in its order", async () => {
    const from = await revision();
    const watch = await test.watch(`${MAPS}?watch=true&resourceVersion=${from}`);
    await test.call("POST", MAPS, configMap("w1", { a: "1" }));
    await test.call("PATCH", `${MAPS}/w1`, { data: { a: "2" } }, MERGE);
    await test.call("DELETE", `${MAPS}/w1`);
    const seen = await watch.until((line) => line.type === "DELETED");
    expect(seen.map(nameOf)).toEqual(["ADDED w1", "MODIFIED w1", "DELETED w1"]);
    const versions = seen.map((line) => Number(line.object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
    watch.close();
    const late = await test.watch(`${MAPS}?watch=true&resourceVersion=${from}`);
    expect((await late.until((line) => line.type === "DELETED")).map(nameOf)).toEqual(seen.map(nameOf));
    late.close();
  });

  it("begins with the present state where no version is given", async () => {
    await test.call("POST", MAPS, configMap("w2"));
    const watch = await test.watch(`${MAPS}?watch=true&fieldSelector=metadata.name%3Dw2`);
    expect(nameOf(await watch.next())).toBe("ADDED w2");
    watch.close();
  });

  it("ends the initial events by an annotated bookmark", async () => {
    await test.call("POST", MAPS, configMap("w3", {}, { labels: { app: "w3" } }));
    const watch = await test.watch(`${MAPS}?watch=true&labelSelector=app%3Dw3&${LIST}`);
    const [added, bookmark] = await watch.until((line) => line.type === "BOOKMARK");
    expect(nameOf(added as WatchLine)).toBe("ADDED w3");
    expect(bookmark?.object).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
    });
    await test.call("POST", MAPS, configMap("w4", {}, { labels: { app: "w3" } }));
    expect(nameOf(await watch.next())).toBe("ADDED w4");
    watch.close();
    const wrong = await test.call("GET", `${MAPS}?watch=true&sendInitialEvents=true`);
    expect(wrong.status).toBe(422);
  });

  it("shows an object that begins or ceases to match as added or deleted", async () => {
    await test.call("POST", MAPS, configMap("w5", { n: "1" }));
    const watch = await test.watch(`${MAPS}?watch=true&labelSelector=on&resourceVersion=${await revision()}`);
    await test.call("PATCH", `${MAPS}/w5`, { metadata: { labels: { on: "1" } } }, MERGE);
    await test.call("PATCH", `${MAPS}/w5`, { data: { n: "2" } }, MERGE);
    const off = await test.call("PATCH", `${MAPS}/w5`, { metadata: { labels: null } }, MERGE);
    const seen = await watch.until((line) => line.type === "DELETED");
    expect(seen.map((line) => line.type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    const last = seen.at(-1)?.object.metadata;
    expect(last?.labels).toEqual({ on: "1" });
    expect(last?.resourceVersion).toBe(off.json.metadata.resourceVersion);
    watch.close();
  });

  it("follows fields of the object", async () => {
    const pods = "/api/v1/namespaces/default/pods";
    const spec = { containers: [{ name: "c", image: "i" }] };
    await test.call("POST", pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "f" }, spec });
    const watch = await test.watch(`${pods}?watch=true&fieldSelector=spec.nodeName%3Dn1`);
    await test.call("POST", `${pods}/f/binding`, { target: { kind: "Node", name: "n1" } });
    expect(nameOf(await watch.next())).toBe("ADDED f");
    watch.close();
    expect((await test.call("GET", `${pods}?fieldSelector=spec.nodeName!%3Dn1`)).json.items).toEqual([]);
    expect((await test.call("GET", `${pods}?fieldSelector=spec.nothing%3Dx`)).status).toBe(400);
  });

  it("ends after timeoutSeconds", async () => {
    const watch = await test.watch(`${MAPS}?watch=true&timeoutSeconds=1&resourceVersion=${await revision()}`);
    await watch.ended;
    await expect(watch.next()).rejects.toThrow("the watch has ended");
  });

  it("answers a version that is forgotten with an ERROR event, and a page of it with 410", async () => {
    for (const name of ["page-1", "page-2"]) await test.call("POST", MAPS, configMap(name));
    const page = await test.call("GET", `${MAPS}?limit=1`);
    await fill(test);
    const from = page.json.metadata.resourceVersion;
    const watch = await test.watch(`${MAPS}?watch=true&resourceVersion=${from}`);
    const line = await watch.next();
    expect(line).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    await watch.ended;
    const { continue: token } = page.json.metadata as { continue?: string };
    const next = await test.call("GET", `${MAPS}?limit=1&continue=${token}`);
    expect(next.status).toBe(410);
    expect(next.json.reason).toBe("Expired");
  });

  it("prints tables, with the columns in the first event only", async () => {
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
    const watch = await test.watch(`${MAPS}?watch=true&resourceVersion=${await revision()}`, { headers });
    await test.call("POST", MAPS, configMap("t1"));
    await test.call("POST", MAPS, configMap("t2"));
    const [first, second] = [await watch.next(), await watch.next()];
    expect(first.object.kind).toBe("Table");
    expect(first.object["columnDefinitions"]).not.toEqual([]);
    expect(second.object["columnDefinitions"]).toEqual([]);
    expect(second.object).toMatchObject({ rows: [{ object: { metadata: { name: "t2" } } }] });
    watch.close();
  });

  it("forgets what it knew before a restart, but not the present", async () => {
    const before = await revision();
    await test.call("POST", MAPS, configMap("restarted"));
    await test.restart();
    const old = await test.watch(`${MAPS}?watch=true&resourceVersion=${before}`);
    expect((await old.next()).object).toMatchObject({ code: 410 });
    const now = await revision();
    const watch = await test.watch(`${MAPS}?watch=true&resourceVersion=${now}`);
    await test.call("DELETE", `${MAPS}/restarted`);
    expect(nameOf(await watch.next())).toBe("DELETED restarted");
    watch.close();
  });

  it("drops a watcher that never reads, and serves the others", async () => {
    const { server } = test;
    const { hostname, port } = new URL(server.url);
    const access = server.access("admin");
    const ca = access.caPem ?? "";
    const socket = connect({ host: hostname, port: Number(port), ca });
    await once(socket, "secureConnect");
    socket.pause();
    socket.write(
      `GET ${MAPS}?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${String(access.token)}\r\n\r\n`,
    );
    const closed = once(socket, "close");
    await fill(test);
    socket.on("error", () => undefined);
    socket.resume();
    await closed;
    expect((await test.call("GET", "/readyz")).status).toBe(200);
  });

  it("brings every watcher to the state that a list shows, whatever is written", async () => {
    const selectors = ["", "color%3Dred", "color%21%3Dred", "color"];
    const step = fc.record({
      name: fc.constantFrom("p0", "p1", "p2", "p3"),
      act: fc.constantFrom("create", "red", "blue", "none", "data", "delete"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 12 }), { minLength: 3, maxLength: 3 }),
        async (clients) => {
          const watches = await Promise.all(
            selectors.map((selector) => test.watch(`${MAPS}?watch=true&labelSelector=${selector}&${LIST}`)),
          );
          await Promise.all(
            clients.map(async (steps) => {
              for (const each of steps) await act(test, each.name, each.act);
            }),
          );
          // A last write that every selector but one shows, so that all know when they have seen everything.
          const end = await test.call(
            "POST",
            MAPS,
            configMap("end", {}, { generateName: "end", name: undefined }),
          );
          const endName = end.json.metadata.name ?? "";
          for (const label of ["red", "blue"]) {
            await test.call("PATCH", `${MAPS}/${endName}`, { metadata: { labels: { color: label } } }, MERGE);
          }
          for (const [index, watch] of watches.entries()) {
            const selector = selectors[index] ?? "";
            const state = new Map<string, Loose>();
            let reds = 0;
            for (;;) {
              const { type, object } = await watch.next();
              const name = object.metadata.name ?? "";
              if (type === "BOOKMARK") continue;
              if (type === "DELETED") expect(state.delete(name)).toBe(true);
              else {
                expect(state.has(name)).toBe(type === "MODIFIED");
                state.set(name, object);
              }
              if (name === endName) reds++;
              const last = selector === "color%3Dred" ? 2 : 3;
              if (reds === last || (selector === "color" && reds === 2)) break;
            }
            const list = await test.call("GET", `${MAPS}?labelSelector=${selector}`);
            const names = list.json.items.map((item) => item.metadata.name);
            expect([...state.keys()].sort()).toEqual(names);
            for (const item of list.json.items) expect(state.get(item.metadata.name ?? "")).toEqual(item);
            watch.close();
          }
          await test.call("DELETE", MAPS);
        },
      ),
      { numRuns: 15 },
    );
  });
});

/** More events than the server keeps, and more than it keeps for one reader. */
async function fill(test: TestServer): Promise<void> {
  await test.call("POST", MAPS, configMap("big", { a: "x".repeat(500_000) }));
  for (let index = 0; index < 60; index++) {
    await test.call("PATCH", `${MAPS}/big`, { data: { n: String(index) } }, MERGE);
  }
  await test.call("DELETE", `${MAPS}/big`);
}

async function act(test: TestServer, name: string, what: string): Promise<void> {
  const path = `${MAPS}/${name}`;
  if (what === "create") await test.call("POST", MAPS, configMap(name, {}, { labels: { color: "red" } }));
  else if (what === "delete") await test.call("DELETE", path);
  else if (what === "data") await test.call("PATCH", path, { data: { n: String(Math.random()) } }, MERGE);
  else {
    const color = what === "none" ? null : what;
    await test.call("PATCH", path, { metadata: { labels: { color } } }, MERGE);
  }
}
