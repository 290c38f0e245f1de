import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { silentLogger } from "@sandgate/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startKubeletServer } from "../src/node/kubelet/kubelet-server.ts";
import { PodAccessError, type PodAccess } from "../src/node/kubelet/pod-access.ts";

const nothing = (): Promise<never> => Promise.reject(new PodAccessError(404, "no such pod"));
const NO_PODS: PodAccess = { exec: nothing, attach: nothing, logs: nothing, dial: nothing };

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "sandgate-kubelet-"));
  folder = join(parent, "id");
});

afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

async function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  const sent = request({ socketPath, path }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

describe("the node's streaming server", () => {
  test("listens where nobody else can look, and leaves nothing there", async () => {
    const server = await startKubeletServer(folder, NO_PODS, silentLogger);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await get(server.socketPath, "/containerLogs/ns/pod/main")).toEqual({
      status: 404,
      body: "no such pod",
    });
    await server.close();
    expect(existsSync(folder)).toBe(false);
  });

  test("is not started a second time on one folder, and the first goes on", async () => {
    const server = await startKubeletServer(folder, NO_PODS, silentLogger);
    await expect(startKubeletServer(folder, NO_PODS, silentLogger)).rejects.toThrow("another node");
    expect((await get(server.socketPath, "/containerLogs/ns/pod/main")).status).toBe(404);
    await server.close();
  });

  test("takes a command as long as a kubelet does", async () => {
    const server = await startKubeletServer(folder, NO_PODS, silentLogger);
    const path = `/exec/ns/pod/main?command=${"x".repeat(900_000)}`;
    expect((await get(server.socketPath, path)).body).toContain("needs an upgrade");
    await server.close();
  });
});
