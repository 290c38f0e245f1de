import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Loose, type TestServer, configMap, openTestServer } from "./support/apiserver-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const MERGE = { type: "application/merge-patch+json" };

describe("what the server does by itself", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  async function make(name: string, owners: readonly Loose[] = [], extra: object = {}): Promise<Loose> {
    const ownerReferences = owners.map((owner) => ({
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid,
      ...extra,
    }));
    return (await test.call("POST", MAPS, configMap(name, {}, { ownerReferences }))).json;
  }

  /** Waits until an object is gone, by the watch that tells it. */
  async function gone(path: string, name: string): Promise<void> {
    const watch = await test.watch(
      `${path}?watch=true&fieldSelector=metadata.name%3D${name}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    const initial = await watch.until((line) => line.type === "BOOKMARK");
    if (initial.length > 1) await watch.until((line) => line.type === "DELETED");
    watch.close();
  }

  it("deletes the dependents of what is deleted, and theirs", async () => {
    const owner = await make("g-owner");
    const child = await make("g-child", [owner]);
    await make("g-grandchild", [child]);
    await test.call("DELETE", `${MAPS}/g-owner`);
    await gone(MAPS, "g-grandchild");
    expect((await test.call("GET", `${MAPS}/g-child`)).status).toBe(404);
  });

  it("keeps an object that another owner still has, without the reference to the one that is gone", async () => {
    const [first, second] = [await make("k-1"), await make("k-2")];
    const kept = await make("k-kept", [first, second]);
    const watch = await test.watch(
      `${MAPS}?watch=true&fieldSelector=metadata.name%3Dk-kept&resourceVersion=${kept.metadata.resourceVersion}`,
    );
    await test.call("DELETE", `${MAPS}/k-1`);
    const { object } = await watch.next();
    expect(object.metadata.ownerReferences?.map((reference) => reference.name)).toEqual(["k-2"]);
    watch.close();
  });

  it("deletes an object whose owner never was, and leaves one of an unknown kind of owner alone", async () => {
    const ghost = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "ghost", uid: "no-such-uid" } };
    const foreign = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "rs", uid: "no-such-uid" },
    };
    await make("orphan-of-unknown", [foreign]);
    await make("orphan-of-ghost", [ghost]);
    await gone(MAPS, "orphan-of-ghost");
    expect((await test.call("GET", `${MAPS}/orphan-of-unknown`)).status).toBe(200);
  });

  it("deletes the dependents of objects that go with their definition", async () => {
    const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    await test.call("POST", crds, {
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", kind: "Thing" },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    });
    const owner = await test.call("POST", "/apis/example.dev/v1/namespaces/default/things", {
      metadata: { name: "thing" },
    });
    expect(owner.status).toBe(201);
    await make("of-thing", [owner.json]);
    await test.call("DELETE", `${crds}/things.example.dev`);
    await gone(MAPS, "of-thing");
    expect((await test.call("GET", "/apis/example.dev/v1/things")).status).toBe(404);
  });

  it("waits in the foreground for dependents that block, even where they wait for a finalizer", async () => {
    const owner = await make("f-owner");
    await make("f-child", [owner], { blockOwnerDeletion: true });
    await test.call("PATCH", `${MAPS}/f-child`, { metadata: { finalizers: ["a.dev/hold"] } }, MERGE);
    const watch = await test.watch(`${MAPS}?watch=true&fieldSelector=metadata.name%3Df-child`);
    const reply = await test.call("DELETE", `${MAPS}/f-owner`, { propagationPolicy: "Foreground" });
    expect(reply.json.metadata.finalizers).toEqual(["foregroundDeletion"]);
    await watch.until((line) => line.object.metadata.deletionTimestamp !== undefined);
    watch.close();
    expect((await test.call("GET", `${MAPS}/f-owner`)).status).toBe(200);
    await test.call("PATCH", `${MAPS}/f-child`, { metadata: { finalizers: null } }, MERGE);
    await gone(MAPS, "f-owner");
  });

  it("orphans dependents where that is asked for", async () => {
    const owner = await make("o-owner");
    await make("o-child", [owner]);
    await test.call("DELETE", `${MAPS}/o-owner?propagationPolicy=Orphan`);
    await gone(MAPS, "o-owner");
    const child = await test.call("GET", `${MAPS}/o-child`);
    expect(child.json.metadata.ownerReferences).toBeUndefined();
  });

  it("gives every namespace a ServiceAccount, and gives it again", async () => {
    await test.call("POST", "/api/v1/namespaces", { metadata: { name: "accounts" } });
    const path = "/api/v1/namespaces/accounts/serviceaccounts";
    const first = await test.call("GET", `${path}/default`);
    expect(first.status).toBe(200);
    await test.call("DELETE", `${path}/default`);
    const second = await test.call("GET", `${path}/default`);
    expect(second.json.metadata.uid).not.toBe(first.json.metadata.uid);
  });

  it("empties a namespace before it goes, saying what it waits for and taking nothing new", async () => {
    await test.call("POST", "/api/v1/namespaces", { metadata: { name: "leaving" } });
    const maps = "/api/v1/namespaces/leaving/configmaps";
    await test.call("POST", maps, configMap("free"));
    await test.call("POST", maps, configMap("held", {}, { finalizers: ["a.dev/hold"] }));
    const watch = await test.watch("/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dleaving");
    const reply = await test.call("DELETE", "/api/v1/namespaces/leaving");
    expect(reply.json.status).toMatchObject({ phase: "Terminating" });
    const [last] = (
      await watch.until((line) => JSON.stringify(line.object).includes("a.dev/hold in 1 resource instances"))
    ).slice(-1);
    expect(last?.object["status"]).toMatchObject({
      conditions: [
        { type: "NamespaceContentRemaining", status: "True" },
        { type: "NamespaceFinalizersRemaining", status: "True", reason: "SomeFinalizersRemain" },
      ],
    });
    watch.close();
    const late = await test.call("POST", maps, configMap("late"));
    expect(late.status).toBe(403);
    expect(late.json.message).toBe(
      'configmaps "late" is forbidden: unable to create new content in namespace leaving because it is being terminated',
    );
    await test.call("PATCH", `${maps}/held`, { metadata: { finalizers: [] } }, MERGE);
    await gone("/api/v1/namespaces", "leaving");
  });

  it("keeps the first namespaces", async () => {
    const reply = await test.call("DELETE", "/api/v1/namespaces/kube-system");
    expect(reply.status).toBe(403);
    expect(reply.json.message).toBe(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
  });

  it("refuses pods of accounts and runtime classes that are not there", async () => {
    const pods = "/api/v1/namespaces/default/pods";
    const spec = { containers: [{ name: "c", image: "i" }] };
    const runtime = await test.call("POST", pods, {
      metadata: { name: "r" },
      spec: { ...spec, runtimeClassName: "nothing" },
    });
    expect(runtime.status).toBe(403);
    expect(runtime.json.message).toBe(
      'pods "r" is forbidden: pod rejected: RuntimeClass "nothing" not found',
    );
    const account = await test.call("POST", pods, {
      metadata: { name: "a" },
      spec: { ...spec, serviceAccountName: "nobody" },
    });
    expect(account.json.message).toBe(
      'pods "a" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
    );
  });

  it("holds a namespace to its quota, and keeps count", async () => {
    await test.call("POST", "/api/v1/namespaces", { metadata: { name: "quota" } });
    const quotas = "/api/v1/namespaces/quota/resourcequotas";
    const pods = "/api/v1/namespaces/quota/pods";
    const hard = { pods: "2", "requests.cpu": "1", "limits.memory": "1Gi" };
    await test.call("POST", quotas, { metadata: { name: "small" }, spec: { hard } });
    const pod = (name: string, cpu: string): object => ({
      metadata: { name },
      spec: {
        containers: [
          { name: "c", image: "i", resources: { requests: { cpu }, limits: { memory: "256Mi" } } },
        ],
      },
    });
    const bare = await test.call("POST", pods, {
      metadata: { name: "bare" },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    expect(bare.json.message).toBe(
      'pods "bare" is forbidden: failed quota: small: must specify limits.memory for: c; requests.cpu for: c',
    );
    expect((await test.call("POST", pods, pod("one", "600m"))).status).toBe(201);
    const greedy = await test.call("POST", pods, pod("greedy", "500m"));
    expect(greedy.status).toBe(403);
    expect(greedy.json.message).toBe(
      'pods "greedy" is forbidden: exceeded quota: small, requested: requests.cpu=500m, ' +
        "used: requests.cpu=600m, limited: requests.cpu=1",
    );
    expect((await test.call("POST", pods, pod("two", "400m"))).status).toBe(201);
    const third = await test.call("POST", pods, pod("three", "0"));
    expect(third.json.message).toContain(
      "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2",
    );
    await test.call("PATCH", `${pods}/one/status`, { status: { phase: "Succeeded" } }, MERGE);
    expect((await test.call("POST", pods, pod("three", "100m"))).status).toBe(201);
    const watch = await test.watch(`${quotas}?watch=true`);
    const [last] = (
      await watch.until((line) =>
        JSON.stringify(line.object["status"] ?? {}).includes('"requests.cpu":"500m"'),
      )
    ).slice(-1);
    expect(last?.object["status"]).toEqual({
      hard,
      used: { pods: "2", "requests.cpu": "500m", "limits.memory": "512Mi" },
    });
    watch.close();
  });
});
