import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, configMap, openTestServer } from "./support/apiserver-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";

function pod(name: string, extra: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "c", image: "sandgate.dev/runtime:1" }], ...extra },
  };
}

describe("objects over HTTPS", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  it("creates an object with what only the server sets, and gives it back", async () => {
    const made = await test.call("POST", MAPS, configMap("first", { a: "1" }));
    expect(made.status).toBe(201);
    const { metadata } = made.json;
    expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(metadata.namespace).toBe("default");
    expect(metadata.managedFields?.[0]).toMatchObject({ manager: "test", operation: "Update" });
    const read = await test.call("GET", `${MAPS}/first`);
    expect(read.json).toEqual(made.json);
  });

  it("names a missing object as kubectl prints it", async () => {
    const reply = await test.call("GET", `${MAPS}/nothing`);
    expect(reply.status).toBe(404);
    expect(reply.json).toMatchObject({
      kind: "Status",
      status: "Failure",
      reason: "NotFound",
      message: 'configmaps "nothing" not found',
      details: { name: "nothing", kind: "configmaps" },
    });
  });

  it("refuses a name that is taken", async () => {
    await test.call("POST", MAPS, configMap("twice"));
    const reply = await test.call("POST", MAPS, configMap("twice"));
    expect(reply.status).toBe(409);
    expect(reply.json.reason).toBe("AlreadyExists");
    expect(reply.json.message).toBe('configmaps "twice" already exists');
  });

  it("makes a name from generateName", async () => {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "some-" } };
    const names = await Promise.all(
      Array.from({ length: 20 }, async () => (await test.call("POST", MAPS, body)).json.metadata.name),
    );
    expect(new Set(names).size).toBe(20);
    for (const name of names) expect(name).toMatch(/^some-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it("refuses an object in a namespace that is not there", async () => {
    const reply = await test.call("POST", "/api/v1/namespaces/nowhere/configmaps", configMap("x"));
    expect(reply.status).toBe(404);
    expect(reply.json.message).toBe('namespaces "nowhere" not found');
  });

  it("refuses a namespace, name, kind or version that is not the URL's", async () => {
    const other = await test.call("POST", MAPS, configMap("x", {}, { namespace: "kube-system" }));
    expect(other.status).toBe(400);
    await test.call("POST", MAPS, configMap("named"));
    expect((await test.call("PUT", `${MAPS}/named`, configMap("another"))).status).toBe(400);
    expect((await test.call("POST", MAPS, { ...configMap("x"), kind: "Secret" })).status).toBe(400);
    expect((await test.call("POST", MAPS, { ...configMap("x"), apiVersion: "v2" })).status).toBe(400);
  });

  it("stores nothing of a dry run", async () => {
    const dry = await test.call("POST", `${MAPS}?dryRun=All`, configMap("dry"));
    expect(dry.status).toBe(201);
    expect((await test.call("GET", `${MAPS}/dry`)).status).toBe(404);
    await test.call("POST", MAPS, configMap("wet", { a: "1" }));
    const patch = { data: { a: "2" } };
    const type = "application/merge-patch+json";
    expect((await test.call("PATCH", `${MAPS}/wet?dryRun=All`, patch, { type })).json["data"]).toEqual({
      a: "2",
    });
    expect((await test.call("DELETE", `${MAPS}/wet?dryRun=All`)).status).toBe(200);
    expect((await test.call("GET", `${MAPS}/wet`)).json["data"]).toEqual({ a: "1" });
    expect((await test.call("POST", `${MAPS}?dryRun=Some`, configMap("dry"))).status).toBe(422);
  });

  it("refuses a write from an older state, and takes one without a version", async () => {
    const made = await test.call("POST", MAPS, configMap("raced", { n: "0" }));
    const first = await test.call("PUT", `${MAPS}/raced`, { ...made.json, data: { n: "1" } });
    expect(first.status).toBe(200);
    const stale = await test.call("PUT", `${MAPS}/raced`, { ...made.json, data: { n: "2" } });
    expect(stale.status).toBe(409);
    expect(stale.json.message).toBe(
      'Operation cannot be fulfilled on configmaps "raced": the object has been modified; ' +
        "please apply your changes to the latest version and try again",
    );
    expect((await test.call("PUT", `${MAPS}/raced`, configMap("raced", { n: "3" }))).status).toBe(200);
  });

  it("keeps every one of many patches that come at once", async () => {
    await test.call("POST", MAPS, configMap("busy"));
    const type = "application/merge-patch+json";
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const replies = await Promise.all(
      keys.map((key) => test.call("PATCH", `${MAPS}/busy`, { data: { [key]: "x" } }, { type })),
    );
    expect(replies.map((reply) => reply.status)).toEqual(keys.map(() => 200));
    const { json } = await test.call("GET", `${MAPS}/busy`);
    expect(Object.keys(json["data"] as object).sort()).toEqual(keys.toSorted());
  });

  it("leaves the version alone where a write changes nothing", async () => {
    const made = await test.call("POST", MAPS, configMap("same", { a: "1" }));
    const type = "application/merge-patch+json";
    const again = await test.call("PATCH", `${MAPS}/same`, { data: { a: "1" } }, { type });
    expect(again.json.metadata.resourceVersion).toBe(made.json.metadata.resourceVersion);
  });

  it("applies by server-side apply, making what is missing and telling conflicts", async () => {
    const type = "application/apply-patch+yaml";
    const applied = { ...configMap("applied", { a: "1" }), metadata: { name: "applied" } };
    const made = await test.call("PATCH", `${MAPS}/applied?fieldManager=one`, applied, { type });
    expect(made.status).toBe(201);
    const other = { ...applied, data: { a: "2" } };
    const conflict = await test.call("PATCH", `${MAPS}/applied?fieldManager=two`, other, { type });
    expect(conflict.status).toBe(409);
    expect(conflict.json.details).toMatchObject({
      causes: [{ reason: "FieldManagerConflict", field: ".data.a" }],
    });
    const forced = await test.call("PATCH", `${MAPS}/applied?fieldManager=two&force=true`, other, { type });
    expect(forced.json["data"]).toEqual({ a: "2" });
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: '2'\n  b: on\n";
    const fromYaml = await test.call("PATCH", `${MAPS}/applied?fieldManager=two`, yaml, { type });
    expect(fromYaml.json["data"]).toMatchObject({ a: "2" });
    expect((await test.call("PATCH", `${MAPS}/applied`, applied, { type })).status).toBe(422);
  });

  it("writes spec and status apart from each other", async () => {
    const made = await test.call("POST", PODS, { ...pod("parts"), status: { phase: "Failed" } });
    expect(made.json.status).toMatchObject({ phase: "Pending" });
    const merge = { type: "application/merge-patch+json" };
    const both = {
      metadata: { labels: { a: "b" } },
      spec: { activeDeadlineSeconds: 5 },
      status: { phase: "Running" },
    };
    const status = await test.call("PATCH", `${PODS}/parts/status`, both, merge);
    expect(status.json.status).toMatchObject({ phase: "Running" });
    expect(status.json.spec["activeDeadlineSeconds"]).toBeUndefined();
    expect(status.json.metadata.generation).toBe(1);
    const spec = await test.call(
      "PATCH",
      `${PODS}/parts`,
      { spec: { activeDeadlineSeconds: 5 }, status: { phase: "Failed" } },
      merge,
    );
    expect(spec.json.status).toMatchObject({ phase: "Running" });
    expect(spec.json.metadata.generation).toBe(2);
  });

  it("binds a pod once, and ends it gracefully", async () => {
    await test.call("POST", PODS, pod("bound"));
    const binding = { apiVersion: "v1", kind: "Binding", metadata: {}, target: { kind: "Node", name: "n1" } };
    expect((await test.call("POST", `${PODS}/bound/binding`, binding)).status).toBe(201);
    expect((await test.call("POST", `${PODS}/bound/binding`, binding)).status).toBe(409);
    const first = await test.call("DELETE", `${PODS}/bound`, { gracePeriodSeconds: 20 });
    expect(first.json.metadata.deletionGracePeriodSeconds).toBe(20);
    const shorter = await test.call("DELETE", `${PODS}/bound`, { gracePeriodSeconds: 5 });
    expect(shorter.json.metadata.deletionGracePeriodSeconds).toBe(5);
    const longer = await test.call("DELETE", `${PODS}/bound`, { gracePeriodSeconds: 50 });
    expect(longer.json.metadata.deletionGracePeriodSeconds).toBe(5);
    await test.call("DELETE", `${PODS}/bound`, { gracePeriodSeconds: 0 });
    expect((await test.call("GET", `${PODS}/bound`)).status).toBe(404);
  });

  it("lets a pod without a node go at once", async () => {
    await test.call("POST", PODS, pod("unbound"));
    expect((await test.call("DELETE", `${PODS}/unbound`)).json.kind).toBe("Pod");
    expect((await test.call("GET", `${PODS}/unbound`)).status).toBe(404);
  });

  it("waits for finalizers, and checks preconditions", async () => {
    const made = await test.call("POST", MAPS, configMap("held", {}, { finalizers: ["a.dev/hold"] }));
    const wrong = await test.call("DELETE", `${MAPS}/held`, { preconditions: { uid: "other" } });
    expect(wrong.status).toBe(409);
    const { uid } = made.json.metadata;
    const marked = await test.call("DELETE", `${MAPS}/held`, { preconditions: { uid } });
    expect(marked.json.metadata.deletionTimestamp).toBeDefined();
    const type = "application/json-patch+json";
    await test.call("PATCH", `${MAPS}/held`, [{ op: "remove", path: "/metadata/finalizers" }], { type });
    expect((await test.call("GET", `${MAPS}/held`)).status).toBe(404);
  });

  it("answers a deletion with a Status that names what is gone", async () => {
    const made = await test.call("POST", MAPS, configMap("gone"));
    expect((await test.call("DELETE", `${MAPS}/gone`)).json).toMatchObject({
      kind: "Status",
      status: "Success",
      details: { name: "gone", kind: "configmaps", uid: made.json.metadata.uid },
    });
  });

  it("deletes what a selector selects", async () => {
    for (const name of ["d1", "d2"])
      await test.call("POST", MAPS, configMap(name, {}, { labels: { x: "del" } }));
    const reply = await test.call("DELETE", `${MAPS}?labelSelector=x%3Ddel`);
    expect(reply.json.items.map((item) => item.metadata.name)).toEqual(["d1", "d2"]);
    expect((await test.call("GET", `${MAPS}?labelSelector=x%3Ddel`)).json.items).toEqual([]);
  });

  it("tells of members that it has twice, as strictly as it is asked to", async () => {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"dup"},"data":{"a":"1","a":"2"}}';
    const strict = await test.call("POST", `${MAPS}?fieldValidation=Strict`, body);
    expect(strict.status).toBe(400);
    expect(strict.json.message).toContain('strict decoding error: duplicate field "data.a"');
    const warned = await test.call("POST", `${MAPS}?fieldValidation=Warn&dryRun=All`, body);
    expect(warned.headers["warning"]).toBe('299 - "duplicate field \\"data.a\\""');
    const ignored = await test.call("POST", `${MAPS}?fieldValidation=Ignore&dryRun=All`, body);
    expect(ignored.headers["warning"]).toBeUndefined();
  });

  it("refuses what is too large, naming the limit, and goes on", async () => {
    const containers = [{ name: "c", image: "i", args: ["x".repeat(1_600_000)] }];
    const large = await test.call("POST", "/apis/agents.x-k8s.io/v1beta1/namespaces/default/sandboxes", {
      apiVersion: "agents.x-k8s.io/v1beta1",
      kind: "Sandbox",
      metadata: { name: "large" },
      spec: { podTemplate: { spec: { containers } } },
    });
    expect(large.status).toBe(413);
    expect(large.json.message).toContain("at most 1572864");
    const larger = await test
      .call("POST", MAPS, configMap("larger", { a: "x".repeat(4_000_000) }))
      .catch(() => null);
    // The server may close while the body is still being sent.
    if (larger !== null) expect(larger.status).toBe(413);
    expect((await test.call("GET", "/readyz")).text).toBe("ok");
  });

  it("refuses bodies that are no objects, of another type, or too deep", async () => {
    expect((await test.call("POST", MAPS, "{")).status).toBe(400);
    expect((await test.call("POST", MAPS, "[]")).status).toBe(400);
    expect((await test.call("POST", MAPS, "x", { type: "text/plain" })).status).toBe(415);
    const deep = `{"data":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    expect((await test.call("POST", MAPS, deep)).status).toBe(400);
    expect((await test.call("GET", `${MAPS}/%zz`)).status).toBe(400);
  });

  it("shows tables and metadata to who asks for them, and refuses what it cannot show", async () => {
    await test.call("POST", MAPS, configMap("shown", { a: "1" }));
    const table = { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" } };
    const one = await test.call("GET", `${MAPS}/shown`, undefined, table);
    expect(one.json).toMatchObject({ kind: "Table", rows: [{ cells: ["shown", 1, expect.any(String)] }] });
    const list = await test.call("GET", `${MAPS}?limit=500`, undefined, table);
    expect(list.json.kind).toBe("Table");
    expect(list.json.metadata.resourceVersion).toMatch(/^\d+$/);
    const partial = {
      headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" },
    };
    const metadata = await test.call("GET", MAPS, undefined, partial);
    expect(metadata.json.kind).toBe("PartialObjectMetadataList");
    expect(metadata.json.items.every((item) => item["data"] === undefined)).toBe(true);
    const protobuf = { headers: { accept: "application/vnd.kubernetes.protobuf" } };
    expect((await test.call("GET", MAPS, undefined, protobuf)).status).toBe(406);
  });

  it("compresses long answers for who takes them", async () => {
    for (let index = 0; index < 3; index++) {
      await test.call("POST", MAPS, configMap(`long-${index}`, { a: "x".repeat(100_000) }));
    }
    const headers = { "accept-encoding": "gzip" };
    const packed = await test.call("GET", MAPS, undefined, { headers });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    const short = await test.call("GET", `${MAPS}/first`, undefined, { headers });
    expect(short.headers["content-encoding"]).toBeUndefined();
  });

  it("knows no kinds and methods that it does not serve", async () => {
    expect((await test.call("GET", "/apis/apps/v1/deployments")).status).toBe(404);
    expect((await test.call("GET", "/nothing")).status).toBe(404);
    expect((await test.call("POST", `${MAPS}/first`, configMap("first"))).status).toBe(405);
    expect((await test.call("POST", "/api/v1/configmaps", configMap("x"))).status).toBe(405);
    expect((await test.call("GET", `${MAPS}/first/nothing`)).status).toBe(404);
  });

  it("says a version that clients can parse", async () => {
    const { json } = await test.call("GET", "/version", undefined, { token: null });
    expect(json["gitVersion"]).toMatch(/^v1\.33\.0-sandgate\.\d+\.\d+\.\d+$/);
  });
});
