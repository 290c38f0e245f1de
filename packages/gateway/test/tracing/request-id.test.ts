import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { afterEach, describe, expect, it } from "vitest";
import { openEcho, type Echo } from "../echo-support.ts";
import type { Bench } from "../support.ts";

let bench: Bench;
let base: string;
async function open(...options: Parameters<typeof openEcho>): Promise<void> {
  ({ bench, base } = await openEcho(...options));
}
afterEach(async () => {
  await bench.close();
});

const UUID = /^[0-9a-f-]{36}$/;
const TRUSTED = { trustedProxies: ["127.0.0.0/8"] };

/** What the sandbox got and what the client got. */
async function ids(id?: string): Promise<{ sandbox: string | undefined; client: string | null }> {
  const answer = await fetch(`${base}/`, id === undefined ? {} : { headers: { "x-request-id": id } });
  const { headers } = (await answer.json()) as Echo;
  return { sandbox: headers["x-request-id"], client: answer.headers.get("x-request-id") };
}

describe("a request's id", () => {
  it("is new with each request, the same at the sandbox and at the client", async () => {
    await open();
    const [one, other] = [await ids(), await ids()];
    expect(one.sandbox).toMatch(UUID);
    expect(one.client).toBe(one.sandbox);
    expect(other.client).toBe(other.sandbox);
    expect(other.client).not.toBe(one.client);
  });

  it("of a caller's choice is replaced", async () => {
    await open();
    const { sandbox, client } = await ids("mine");
    expect(sandbox).toMatch(UUID);
    expect(client).toBe(sandbox);
  });

  it.each(["mine", "A9._~:+/=@-", "x".repeat(128)])("from a proxy of ours is kept: %s", async (id) => {
    await open(undefined, TRUSTED);
    expect(await ids(id)).toEqual({ sandbox: id, client: id });
  });

  it.each(["x".repeat(129), "two words", 'quo"ted', "back\\slash", "a,b", "h\u00e9"])(
    "from a proxy of ours that is none is replaced: %s",
    async (id) => {
      await open(undefined, TRUSTED);
      expect((await ids(id)).sandbox).toMatch(UUID);
    },
  );

  it("is in the gateway's own errors, in the header and in the body", async () => {
    await open(undefined, TRUSTED);
    const headers = { "x-request-id": "from-outside" };
    const answer = await fetch(`${bench.gateway.url}/alice/none/`, { headers });
    expect(answer.headers.get("x-request-id")).toBe("from-outside");
    expect(await answer.json()).toMatchObject({ code: "SANDBOX_NOT_FOUND", requestId: "from-outside" });
    const other = await fetch(`${bench.gateway.url}/alice/none/`);
    expect(await other.json()).toMatchObject({ requestId: other.headers.get("x-request-id") });
  });

  it("that the sandbox answers with is left as it is", async () => {
    await open((_request, response) => response.setHeader("X-Request-Id", "of-the-sandbox").end());
    const answer = await fetch(`${base}/`);
    expect(answer.headers.get("x-request-id")).toBe("of-the-sandbox");
  });

  it("is told with the begin of a WebSocket", async () => {
    await open();
    const sockets = new WebSocketServer({ server: bench.backend });
    const arrived = once(sockets, "connection") as Promise<[WebSocket, { headers: Record<string, string> }]>;
    const socket = new WebSocket(`${base.replace("http", "ws")}/ws`);
    const [answer] = (await once(socket, "upgrade")) as [{ headers: Record<string, string> }];
    const [, request] = await arrived;
    expect(answer.headers["x-request-id"]).toMatch(UUID);
    expect(answer.headers["x-request-id"]).toBe(request.headers["x-request-id"]);
    socket.terminate();
    sockets.close();
  });
});
