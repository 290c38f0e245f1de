import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedApiServer, startApiServer } from "../src/apiserver/index.ts";
import { checkShape } from "./wire/check-shape.ts";
import { type Accept, type WatchEvent, type WireClient, createWireClient } from "./wire/wire-client.ts";
import { customResourceDefinitions } from "./wire/custom-resource-definitions.ts";
import { CONTROLLER } from "./wire/controller-requests.ts";
import { KUBECTL } from "./wire/kubectl-requests.ts";
import { asMerge, type Row } from "./wire/request-row.ts";
import { AGENTS, CORE, EXTENSIONS, OBJECTS, POD_SPEC, SANDBOXES, objectOf } from "./wire/wire-objects.ts";

let server: EmbeddedApiServer;
let dataDir: string;
let kubelet: Server;
let client: WireClient;
let counter = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sandgate-wire-"));
  const quiet = (): void => undefined;
  server = await startApiServer({
    dataDir,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  client = createWireClient(server.access("admin"));
  await client.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "wire" },
  });
  await serveSandboxKinds();
  await startKubelet();
});

afterAll(async () => {
  await server?.close();
  kubelet?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe.each([
  ["the agent-sandbox controller", CONTROLLER],
  ["kubectl", KUBECTL],
])("what %s sends", (_, rows) => {
  test.each(rows.map((row) => [titleOf(row), row] as const))("%s", async (_, row) => {
    const name = `n${++counter}`;
    let live: Record<string, unknown> = {};
    if (row.object !== undefined && row.absent !== true) {
      live = (await client.create(OBJECTS[row.object].path, objectOf(row.object, name))).json;
    }
    const path = row.path.replace("NAME", name) + (row.query === undefined ? "" : `?${row.query}`);
    const answer = await client.call(row.method, path, {
      accept: row.accept,
      body: row.body?.(name, live),
    });
    const { kind, message } = answer.json;
    const problem = kind === "Status" && row.status < 300 ? message : undefined;
    expect({ status: answer.status, kind, problem }).toEqual({
      status: row.status,
      kind: row.kind,
      problem: undefined,
    });
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    checkShape(answer.json, row.status);
  });
});

describe("watches", () => {
  const initial =
    "allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeoutSeconds=300&watch=true";

  test.each<[string, keyof typeof OBJECTS, Accept]>([
    ["/api/v1/pods", "pod", "PB, */*"],
    ["/api/v1/services", "service", "PB, */*"],
    [`${AGENTS}/sandboxes`, "sandbox", "JSON, */*"],
    [`${EXTENSIONS}/sandboxclaims`, "claim", "JSON, */*"],
    [`${EXTENSIONS}/sandboxtemplates`, "template", "JSON, */*"],
    [`${EXTENSIONS}/sandboxwarmpools`, "warmPool", "JSON, */*"],
    ["/apis/networking.k8s.io/v1/networkpolicies", "networkPolicy", "PB, */*"],
  ])("of %s begin with all objects and the bookmark that says so", async (path, kind, accept) => {
    const name = `n${++counter}`;
    await client.create(OBJECTS[kind].path, objectOf(kind, name));
    const seen: string[] = [];
    const last = await client.until(
      `${path}?${initial}`,
      (event) => {
        if (event.type === "ADDED") seen.push(event.object.metadata.name ?? "");
        return event.type === "BOOKMARK";
      },
      accept,
    );
    expect(seen).toContain(name);
    expect(last.object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
    expect(last.object.kind).toBe(OBJECTS[kind].kind);
  });

  test.each<[string, keyof typeof OBJECTS]>([
    [`${CORE}/pods`, "pod"],
    [SANDBOXES, "sandbox"],
  ])("of one object in %s go on from a list, as kubectl wait does", async (path, kind) => {
    const name = `n${++counter}`;
    const created = await client.create(path, objectOf(kind, name));
    const version = (created.json["metadata"] as { resourceVersion: string }).resourceVersion;
    const query = `allowWatchBookmarks=true&fieldSelector=metadata.name%3D${name}&resourceVersion=${version}&timeoutSeconds=300&watch=true`;
    const event = client.until(`${path}?${query}`, ({ type }) => type === "MODIFIED", "JSON");
    await client.call("PATCH", `${path}/${name}`, {
      accept: "JSON",
      body: asMerge({ metadata: { labels: { a: "b" } } })(),
    });
    expect((await event).object.metadata.name).toBe(name);
  });

  test("of sandboxes go on as tables, as kubectl get -w does", async () => {
    const list = await client.call("GET", `${SANDBOXES}?limit=500`, { accept: "table" });
    const version = (list.json["metadata"] as { resourceVersion: string }).resourceVersion;
    const event = client.until(
      `${SANDBOXES}?resourceVersion=${version}&watch=true`,
      ({ type }) => type === "ADDED",
      "table",
    );
    await client.create(SANDBOXES, objectOf("sandbox", `n${++counter}`));
    expect((await event).object).toMatchObject({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      rows: [{ cells: expect.any(Array) as unknown }],
    });
  });
});

describe("what kubectl asks before it works", () => {
  test("/openapi/v2 is answered as gnostic protobuf", async () => {
    const answer = await client.call("GET", "/openapi/v2?timeout=32s", { accept: "openapi" });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    expect(await client.revalidate("/openapi/v2", answer, "openapi")).toBe(304);
  });

  test("/openapi/v3 is an index, whose documents have a hash and an ETag", async () => {
    const index = await client.call("GET", "/openapi/v3?timeout=32s", { accept: "JSON, */*" });
    const paths = index.json["paths"] as Record<string, { serverRelativeURL: string }>;
    const url = paths["apis/agents.x-k8s.io/v1beta1"]?.serverRelativeURL ?? "";
    expect(url).toMatch(/^\/openapi\/v3\/apis\/agents\.x-k8s\.io\/v1beta1\?hash=/);
    const document = await client.call("GET", `${url}&timeout=32s`, { accept: "JSON" });
    expect(document.json["openapi"]).toMatch(/^3\.0/);
    expect(await client.revalidate(url, document, "JSON")).toBe(304);
  });

  test.each(["/api", "/apis"])("%s is answered with 304 while nothing has changed", async (path) => {
    expect(
      await client.revalidate(path, await client.call("GET", path, { accept: "discovery" }), "discovery"),
    ).toBe(304);
  });

  test("/version names a Kubernetes version", async () => {
    const answer = await client.call("GET", "/version?timeout=32s", { accept: "JSON, */*" });
    expect(answer.json).toMatchObject({
      major: "1",
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as unknown,
    });
  });
});

describe("pods with a node", () => {
  test.each(["container=main", "container=main&follow=true"])("give their log for %s", async (query) => {
    const name = await podOnNode();
    const answer = await client.call("GET", `${CORE}/pods/${name}/log?${query}`, { accept: "JSON, */*" });
    expect(answer).toMatchObject({ status: 200, text: `log of ${name}\n` });
  });

  test.each([
    [
      "exec?command=ls&container=main&stdin=true&stdout=true&stderr=true&tty=true",
      "websocket",
      "v5.channel.k8s.io",
    ],
    ["portforward", "websocket", "SPDY/3.1+portforward.k8s.io"],
    ["portforward", "SPDY/3.1", ""],
  ])("pass %s by %s (%s) on to it, both ways", async (action, upgrade, protocol) => {
    const name = await podOnNode();
    const request = client.open("GET", `${CORE}/pods/${name}/${action}`, {
      headers: {
        Connection: "Upgrade",
        Upgrade: upgrade,
        ...(protocol === "" ? { "X-Stream-Protocol-Version": "portforward.k8s.io" } : {}),
        ...(protocol === ""
          ? {}
          : {
              "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
              "Sec-WebSocket-Protocol": protocol,
            }),
      },
    });
    request.end();
    const [answer, socket] = (await once(request, "upgrade")) as [IncomingMessage, Duplex];
    expect(answer.statusCode).toBe(101);
    expect(answer.headers.upgrade).toBe(upgrade);
    expect(answer.headers["sec-websocket-protocol"] ?? "").toBe(protocol);
    socket.write("there and back");
    expect(String(((await once(socket, "data")) as [Buffer])[0])).toBe("there and back");
    socket.destroy();
  });
});

function titleOf({ method, path, query, accept, status, kind }: Row): string {
  const target = query === undefined ? path : `${path}?${query}`;
  return `${method} ${target} is answered with ${status} and ${kind} for ${accept}`;
}

/** Declares the agent-sandbox kinds where the server does not have them by itself. */
async function serveSandboxKinds(): Promise<void> {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const definition of customResourceDefinitions) {
    const { group, versions } = definition.spec;
    const served = await client.call("GET", `/apis/${group}/${versions[0]?.name}`);
    if (served.text.includes(`"${definition.spec.names.kind}"`)) continue;
    await client.create(path, definition);
    await client.until(
      `${path}?watch=true&fieldSelector=metadata.name%3D${definition.metadata.name}`,
      isEstablished,
    );
  }
}

function isEstablished({ object }: WatchEvent): boolean {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === "Established" && status === "True");
}

/** A node of one socket: it sends each pod's log, and back whatever comes over a stream. */
async function startKubelet(): Promise<void> {
  const socketPath = join(dataDir, "kubelet.sock");
  kubelet = createServer((request, response) => {
    const [, , , pod = ""] = (request.url ?? "").split("/");
    response.end(`log of ${pod}\n`);
  });
  kubelet.on("upgrade", (request, socket: Duplex) => {
    const protocol = request.headers["sec-websocket-protocol"];
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      `Upgrade: ${request.headers.upgrade ?? ""}`,
    ];
    if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  kubelet.listen(socketPath);
  await once(kubelet, "listening");
  await client.create("/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "wire-node", annotations: { "node.sandgate.dev/kubelet-socket": socketPath } },
  });
}

async function podOnNode(): Promise<string> {
  const name = `n${++counter}`;
  await client.create(
    OBJECTS.pod.path,
    objectOf("pod", name, { spec: { ...POD_SPEC, nodeName: "wire-node" } }),
  );
  return name;
}
