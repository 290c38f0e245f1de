import type { AddressInfo } from "node:net";
import { type Server, createServer } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callConversionWebhook } from "../src/apiserver/crd/conversion-webhook.ts";
import { type Issued, issueCa, issueServing } from "../src/apiserver/tls/issue.ts";
import { type TestServer, openTestServer } from "./support/apiserver-client.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

type Fields = Record<string, unknown>;

interface Review {
  readonly request: { uid: string; desiredAPIVersion: string; objects: Fields[] };
}

interface Webhook {
  readonly url: string;
  readonly caPem: string;
  /** How many objects each call was about. */
  readonly calls: number[];
  /** What is answered, from what is asked; undefined: nothing, ever. */
  answer: (review: Review) => Fields | undefined;
  close(): Promise<void>;
}

/** `spec.size` of v1 is `spec.length` of v2. */
function renamed({ request }: Review): Fields {
  const convertedObjects = request.objects.map((object) => {
    const { size, length, ...spec } = object["spec"] as Fields;
    const value = size ?? length;
    const name = request.desiredAPIVersion.endsWith("/v1") ? "size" : "length";
    return { ...object, apiVersion: request.desiredAPIVersion, spec: { ...spec, [name]: value } };
  });
  return { uid: request.uid, result: { status: "Success" }, convertedObjects };
}

async function openWebhook(ca: Issued): Promise<Webhook> {
  const serving = await issueServing(ca);
  const calls: number[] = [];
  const server: Server = createServer(
    { cert: serving.certificatePem, key: serving.keyPem },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const review = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Review;
        calls.push(review.request.objects.length);
        const answer = webhook.answer(review);
        if (answer === undefined) return;
        response.end(JSON.stringify({ kind: "ConversionReview", response: answer }));
      });
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const webhook: Webhook = {
    url: `https://127.0.0.1:${port}/convert`,
    caPem: ca.certificatePem,
    calls,
    answer: renamed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return webhook;
}

function definition(plural: string, kind: string, more: Fields): Fields {
  const version = (name: string, field: string, storage: boolean): Fields => ({
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: { type: "object", properties: { [field]: { type: "integer" }, note: { type: "string" } } },
        },
      },
    },
  });
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      names: { plural, kind },
      scope: "Namespaced",
      versions: [version("v1", "size", false), version("v2", "length", true)],
      ...more,
    },
  };
}

function rope(version: string, name: string, spec: Fields): Fields {
  return { apiVersion: `example.com/${version}`, kind: "Rope", metadata: { name }, spec };
}

function ropes(version: string, name = ""): string {
  return `/apis/example.com/${version}/namespaces/default/ropes${name === "" ? "" : `/${name}`}`;
}

describe("custom resources over HTTPS", () => {
  let test: TestServer;
  let webhook: Webhook;
  beforeAll(async () => {
    test = await openTestServer();
    webhook = await openWebhook(await issueCa());
    const clientConfig = { url: webhook.url, caBundle: Buffer.from(webhook.caPem).toString("base64") };
    const conversion = {
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v1"], clientConfig },
    };
    const made = await test.call("POST", CRDS, definition("ropes", "Rope", { conversion }));
    expect(made.status).toBe(201);
  });
  afterAll(async () => {
    await test.close();
    await webhook.close();
  });

  it("are kept in the storage version, and shown in any", async () => {
    const made = await test.call("POST", ropes("v1"), rope("v1", "old", { size: 3 }));
    expect(made.status).toBe(201);
    expect(made.json.spec).toEqual({ size: 3 });
    const newer = await test.call("GET", ropes("v2", "old"));
    expect(newer.json).toMatchObject({ apiVersion: "example.com/v2", spec: { length: 3 } });
    expect(newer.json.metadata.uid).toBe(made.json.metadata.uid);
  });

  it("are converted together where there are many", async () => {
    for (let index = 0; index < 5; index++) {
      await test.call("POST", ropes("v2"), rope("v2", `many-${index}`, { length: index }));
    }
    webhook.calls.length = 0;
    const list = await test.call("GET", ropes("v1"));
    expect(list.json.items.map(({ apiVersion }) => apiVersion)).toEqual(Array(6).fill("example.com/v1"));
    expect(webhook.calls).toEqual([6]);
  });

  it.each<[string, (review: Review) => Fields | undefined, string]>([
    [
      "says no",
      ({ request }) => ({ uid: request.uid, result: { status: "Failure", message: "not today" } }),
      "failed: not today",
    ],
    ["answers another question", (review) => ({ ...renamed(review), uid: "x" }), "expected response.uid"],
    [
      "loses an object",
      (review) => ({ ...renamed(review), convertedObjects: [] }),
      "returned 0 objects, expected 1",
    ],
    [
      "renames an object",
      (review) => {
        const answer = renamed(review);
        const [object] = answer["convertedObjects"] as Fields[];
        return { ...answer, convertedObjects: [{ ...object, metadata: { name: "other" } }] };
      },
      "metadata.name of the object was mutated",
    ],
  ])("are not shown if the webhook %s", async (_, answer, message) => {
    webhook.answer = answer;
    const reply = await test.call("GET", ropes("v1", "old"));
    webhook.answer = renamed;
    expect(reply.status).toBe(500);
    expect(reply.json.message).toContain(`conversion webhook for example.com/v2, Kind=Rope`);
    expect(reply.json.message).toContain(message);
  });

  it("wait for the webhook for a bounded time, and read a bounded answer", async () => {
    const object = { apiVersion: "example.com/v2", kind: "Rope", metadata: { name: "x" }, spec: {} };
    const limits = { timeoutMs: 50, answerBytes: 1000, batch: 10 };
    webhook.answer = () => undefined;
    await expect(callConversionWebhook(webhook, [object], "example.com/v1", limits)).rejects.toThrow(
      "no answer within 50 ms",
    );
    webhook.answer = (review) => ({ ...renamed(review), padding: "x".repeat(2000) });
    await expect(
      callConversionWebhook(webhook, [object], "example.com/v1", { ...limits, timeoutMs: 5000 }),
    ).rejects.toThrow("larger than 1000 bytes");
    webhook.answer = renamed;
  });

  it("trust no webhook but the one whose authority they name", async () => {
    const other = await issueCa();
    const object = { apiVersion: "example.com/v2", kind: "Rope", metadata: { name: "x" }, spec: {} };
    await expect(
      callConversionWebhook({ url: webhook.url, caPem: other.certificatePem }, [object], "example.com/v1"),
    ).rejects.toThrow("conversion webhook");
  });

  it("without a conversion change their version and lose what it does not know", async () => {
    await test.call("POST", CRDS, definition("knots", "Knot", {}));
    const path = (version: string): string => `/apis/example.com/${version}/namespaces/default/knots`;
    const spec = { size: 1, note: "n" };
    const made = await test.call("POST", path("v1"), {
      apiVersion: "example.com/v1",
      kind: "Knot",
      metadata: { name: "k" },
      spec,
    });
    expect(made.status).toBe(201);
    const read = await test.call("GET", `${path("v2")}/k`);
    expect(read.json.apiVersion).toBe("example.com/v2");
    expect(read.json.spec).toEqual({ note: "n" });
  });

  it("go with their definition, and the definition's name is free again", async () => {
    await test.call("POST", CRDS, definition("loops", "Loop", {}));
    const loops = "/apis/example.com/v2/namespaces/default/loops";
    await test.call("POST", loops, { apiVersion: "example.com/v2", kind: "Loop", metadata: { name: "l" } });
    const watch = await test.watch(`${CRDS}?watch=1&fieldSelector=metadata.name%3Dloops.example.com`);
    await test.call("DELETE", `${CRDS}/loops.example.com`);
    await watch.until(({ type }) => type === "DELETED");
    watch.close();
    expect((await test.call("GET", loops)).status).toBe(404);
    expect((await test.call("POST", CRDS, definition("loops", "Loop", {}))).status).toBe(201);
    expect((await test.call("GET", loops)).json.items).toEqual([]);
  });

  it("are refused with every field that is wrong, by their schema and their rules", async () => {
    const schema = {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: { low: { type: "integer" }, high: { type: "integer" } },
          "x-kubernetes-validations": [{ rule: "self.low <= self.high", message: "upside down" }],
        },
      },
    };
    const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }];
    await test.call("POST", CRDS, definition("ranges", "Range", { versions }));
    const path = "/apis/example.com/v1/namespaces/default/ranges";
    const range = (spec: Fields): Fields => ({
      apiVersion: "example.com/v1",
      kind: "Range",
      metadata: { name: "r" },
      spec,
    });
    const wrong = await test.call("POST", path, range({ low: "1", high: 2 }));
    expect(wrong.status).toBe(422);
    expect(wrong.json.details?.["causes"]).toContainEqual({
      reason: "FieldValueTypeInvalid",
      message: 'Invalid value: "string": spec.low in body must be of type integer: "string"',
      field: "spec.low",
    });
    const upside = await test.call("POST", path, range({ low: 3, high: 2 }));
    expect(upside.json.message).toBe('Range.example.com "r" is invalid: spec: Invalid value: upside down');
    expect((await test.call("POST", path, range({ low: 1, high: 2 }))).status).toBe(201);
  });
});

describe("both versions of agent-sandbox over HTTPS", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  it("show one sandbox, which either can suspend and resume", async () => {
    const older = "/apis/agents.x-k8s.io/v1alpha1/namespaces/default/sandboxes";
    const newer = "/apis/agents.x-k8s.io/v1beta1/namespaces/default/sandboxes";
    const podTemplate = { spec: { containers: [{ name: "c", image: "x" }] } };
    const made = await test.call("POST", older, {
      apiVersion: "agents.x-k8s.io/v1alpha1",
      kind: "Sandbox",
      metadata: { name: "s" },
      spec: { replicas: 0, podTemplate },
    });
    expect(made.status).toBe(201);
    expect(made.headers["warning"]).toContain("agents.x-k8s.io/v1alpha1 Sandbox is deprecated");
    expect((await test.call("GET", `${newer}/s`)).json.spec["operatingMode"]).toBe("Suspended");
    const type = "application/merge-patch+json";
    await test.call("PATCH", `${newer}/s`, { spec: { operatingMode: "Running" } }, { type });
    const { json } = await test.call("GET", `${older}/s`);
    expect(json.spec["replicas"]).toBe(1);
    expect(Object.keys(json.metadata.annotations ?? {})).toEqual([]);
    await test.call("PATCH", `${older}/s`, { spec: { replicas: 0 } }, { type });
    expect((await test.call("GET", `${newer}/s`)).json.spec["operatingMode"]).toBe("Suspended");
  });

  it("keep a sandbox's storage as it was made", async () => {
    const path = "/apis/agents.x-k8s.io/v1beta1/namespaces/default/sandboxes";
    await test.call("POST", path, {
      apiVersion: "agents.x-k8s.io/v1beta1",
      kind: "Sandbox",
      metadata: { name: "kept" },
      spec: { podTemplate: { spec: { containers: [{ name: "c", image: "x" }] } } },
    });
    const patch = { spec: { volumeClaimTemplates: [{ metadata: { name: "v" }, spec: {} }] } };
    const type = "application/merge-patch+json";
    const reply = await test.call("PATCH", `${path}/kept`, patch, { type });
    expect(reply.status).toBe(422);
    expect(reply.json.message).toContain("volumeClaimTemplates is immutable");
  });
});
