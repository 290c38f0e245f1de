import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, openTestServer } from "./support/apiserver-client.ts";

const PODS = "/api/v1/namespaces/default/pods";

describe("logs and streams of pods", () => {
  let test: TestServer;
  let node: Server;
  const folder = mkdtempSync(join(tmpdir(), "sandgate-node-test-"));
  const seen: IncomingMessage[] = [];

  beforeAll(async () => {
    test = await openTestServer();
    const socketPath = join(folder, "node.sock");
    node = createServer((request, response) => {
      seen.push(request);
      if (request.url?.includes("previous=true") === true) {
        response
          .writeHead(400, { "content-type": "text/plain" })
          .end("previous terminated container not found");
        return;
      }
      response.end(`log of ${request.url}\n`);
    });
    node.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      seen.push(request);
      socket.on("error", () => socket.destroy());
      if (request.url?.startsWith("/attach") === true) {
        socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot there");
        return;
      }
      const { upgrade } = request.headers;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\nhello `,
      );
      socket.on("data", (bytes: Buffer) => socket.write(bytes.toString("utf8").toUpperCase()));
      socket.on("end", () => socket.end());
    });
    node.listen(socketPath);
    await once(node, "listening");
    await test.call("POST", "/api/v1/nodes", {
      metadata: { name: "n1", annotations: { "node.sandgate.dev/kubelet-socket": socketPath } },
    });
    await test.call("POST", "/api/v1/nodes", {
      metadata: { name: "n2", annotations: { "node.sandgate.dev/kubelet-socket": join(folder, "nothing") } },
    });
    const make = async (
      name: string,
      containers: string[],
      target?: string,
      extra: object = {},
    ): Promise<void> => {
      const spec = { containers: containers.map((each) => ({ name: each, image: "i" })) };
      await test.call("POST", PODS, { metadata: { name, ...extra }, spec });
      if (target !== undefined)
        await test.call("POST", `${PODS}/${name}/binding`, { target: { name: target } });
    };
    await make("one", ["main"], "n1");
    await make("two", ["a", "b"], "n1");
    await make("marked", ["a", "b"], "n1", {
      annotations: { "kubectl.kubernetes.io/default-container": "b" },
    });
    await make("waiting", ["main"]);
    await make("lost", ["main"], "n2");
  });
  afterAll(async () => {
    await test.close();
    node.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("passes a log on with its options", async () => {
    const reply = await test.call("GET", `${PODS}/one/log?follow=true&tailLines=3&container=main`);
    expect(reply.text).toBe("log of /containerLogs/default/one/main?follow=true&tailLines=3\n");
    expect(reply.headers["content-type"]).toBe("text/plain");
    expect(seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  it("chooses the container as a cluster does", async () => {
    expect((await test.call("GET", `${PODS}/marked/log`)).text).toContain("/marked/b");
    const several = await test.call("GET", `${PODS}/two/log`);
    expect(several.status).toBe(400);
    expect(several.json.message).toBe("a container name must be specified for pod two, choose one of: [a b]");
    const wrong = await test.call("GET", `${PODS}/two/log?container=c`);
    expect(wrong.json.message).toBe("container c is not valid for pod two");
    expect((await test.call("GET", `${PODS}/missing/log`)).status).toBe(404);
  });

  it("tells a failure of the node as a Status", async () => {
    const previous = await test.call("GET", `${PODS}/one/log?previous=true`);
    expect(previous.status).toBe(400);
    expect(previous.json.message).toBe("previous terminated container not found");
    expect((await test.call("GET", `${PODS}/lost/log`)).status).toBe(503);
    expect((await test.call("GET", `${PODS}/waiting/log`)).text).toBe("");
  });

  function upgrade(
    path: string,
    method = "GET",
  ): Promise<{ socket: Duplex | null; head: string; status: number }> {
    return new Promise((resolve, reject) => {
      const access = test.server.access("admin");
      const request = httpsRequest(new URL(path, test.server.url), {
        method,
        ca: access.caPem,
        headers: {
          Authorization: `Bearer ${String(access.token)}`,
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Protocol": "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.c2VjcmV0",
        },
      });
      request.on("upgrade", (response, socket, head) => {
        resolve({ socket, head: head.toString("utf8"), status: response.statusCode ?? 0 });
      });
      request.on("response", (response) => {
        let text = "";
        response.on("data", (part: Buffer) => {
          text += part.toString("utf8");
        });
        response.on("end", () => resolve({ socket: null, head: text, status: response.statusCode ?? 0 }));
      });
      request.on("error", reject);
      request.end();
    });
  }

  it("tunnels bytes both ways after the upgrade, without the caller's credentials", async () => {
    const { socket, head, status } = await upgrade(
      `${PODS}/one/exec?command=ls&command=-l&stdin=true&container=main`,
    );
    expect(status).toBe(101);
    let text = head;
    socket?.on("data", (bytes: Buffer) => {
      text += bytes.toString("utf8");
    });
    socket?.write("bytes");
    while (!text.includes("BYTES")) await once(socket as Duplex, "data");
    expect(text).toBe("hello BYTES");
    const request = seen.at(-1);
    expect(request?.url).toBe("/exec/default/one/main?command=ls&command=-l&stdin=true");
    expect(request?.headers["sec-websocket-protocol"]).toBe("v5.channel.k8s.io");
    expect(request?.headers.authorization).toBeUndefined();
    const ended = once(socket as Duplex, "close");
    socket?.end();
    await ended;
  });

  it("takes a command of any usual length", async () => {
    const { status, socket } = await upgrade(`${PODS}/one/exec?stdout=true&command=${"x".repeat(10_000)}`);
    expect(status).toBe(101);
    socket?.destroy();
    const list = await test.call("GET", `${PODS}?labelSelector=${"a,".repeat(20_000)}a`);
    expect(list.status).toBe(200);
  });

  it("forwards ports without a container", async () => {
    const { socket } = await upgrade(`${PODS}/one/portforward?ports=80`, "POST");
    expect(seen.at(-1)?.url).toBe("/portForward/default/one?ports=80");
    expect(seen.at(-1)?.method).toBe("POST");
    socket?.destroy();
  });

  it("answers a Status where there is no stream to be had", async () => {
    const refused = await upgrade(`${PODS}/one/attach?stdout=true`);
    expect([refused.status, JSON.parse(refused.head)]).toMatchObject([
      404,
      { kind: "Status", message: "not there" },
    ]);
    expect((await upgrade(`${PODS}/waiting/exec?command=ls`)).status).toBe(400);
    expect((await upgrade(`${PODS}/missing/exec?command=ls`)).status).toBe(404);
    expect((await upgrade(PODS)).status).toBe(400);
    expect((await test.call("POST", `${PODS}/one/exec?command=ls`)).status).toBe(400);
  });
});
