import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { silentLogger } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { DataFolderError, startApiServer } from "../src/apiserver/index.ts";
import { type Loose, configMap, makeDataDir, openTestServer } from "./support/apiserver-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PROCESS = fileURLToPath(new URL("support/apiserver-process.ts", import.meta.url));

interface Address {
  url: string;
  caPem: string;
  token: string;
}

describe("the data folder", () => {
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function folder(): string {
    const made = makeDataDir();
    folders.push(made);
    return made;
  }

  async function spawnServer(dataDir: string): Promise<{ child: ChildProcess; address: Address }> {
    const child = spawn(process.execPath, [PROCESS, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, "line")) as [string];
    return { child, address: JSON.parse(line) as Address };
  }

  async function refusal(work: Promise<unknown>): Promise<DataFolderError> {
    const error: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DataFolderError);
    return error as DataFolderError;
  }

  it("has every object, its version and its port after a restart", async () => {
    const test = await openTestServer({ dataDir: folder() });
    const made = await test.call("POST", MAPS, configMap("kept", { a: "1" }));
    await test.call("POST", MAPS, configMap("gone"));
    await test.call("DELETE", `${MAPS}/gone`);
    const before = await test.call("GET", MAPS);
    const { url, kubeconfigPath } = test.server;
    const kubeconfig = readFileSync(kubeconfigPath, "utf8");
    await test.restart();
    expect(test.server.url).toBe(url);
    expect(readFileSync(kubeconfigPath, "utf8")).toBe(kubeconfig);
    const after = await test.call("GET", MAPS);
    expect(after.json.items).toEqual([made.json]);
    expect(after.json.metadata.resourceVersion).toBe(before.json.metadata.resourceVersion);
    await test.close();
  });

  it("takes another port where its own is taken meanwhile, and refuses a wanted one that is", async () => {
    const dataDir = folder();
    const first = await startApiServer({ dataDir, logger: silentLogger });
    await first.close();
    const port = Number(new URL(first.url).port);
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const second = await startApiServer({ dataDir, logger: silentLogger });
    expect(second.url).not.toBe(first.url);
    await second.close();
    const error = await refusal(startApiServer({ dataDir, port, logger: silentLogger }));
    expect(error.code).toBe("PORT_IN_USE");
    expect(error.message).toContain(`Port ${port}`);
    other.close();
    // The refused start has let go of the folder.
    const third = await startApiServer({ dataDir, port, logger: silentLogger });
    expect(third.url).toBe(first.url);
    await third.close();
  });

  it("is for one process, and free again once that is killed", async () => {
    const dataDir = folder();
    const { child } = await spawnServer(dataDir);
    const error = await refusal(startApiServer({ dataDir, logger: silentLogger }));
    expect(error.code).toBe("DATA_IN_USE");
    expect(error.message).toContain("--data-dir");
    child.kill("SIGKILL");
    await once(child, "exit");
    const server = await startApiServer({ dataDir, logger: silentLogger });
    await server.close();
  });

  it("is refused where it is damaged, from a newer release, or not writable", async () => {
    const damaged = folder();
    writeFileSync(join(damaged, "cluster.db"), "this is no database ".repeat(500));
    expect((await refusal(startApiServer({ dataDir: damaged, logger: silentLogger }))).code).toBe(
      "DATA_CORRUPT",
    );

    const parent = folder();
    writeFileSync(join(parent, "file"), "");
    const below = join(parent, "file", "data");
    expect((await refusal(startApiServer({ dataDir: below, logger: silentLogger }))).code).toBe(
      "DATA_NOT_WRITABLE",
    );

    const blocked = folder();
    mkdirSync(join(blocked, "cluster.db"));
    chmodSync(blocked, 0o700);
    expect((await refusal(startApiServer({ dataDir: blocked, logger: silentLogger }))).code).toBe(
      "DATA_NOT_WRITABLE",
    );
  });

  it("is refused where one of its objects is damaged", async () => {
    const dataDir = folder();
    const server = await startApiServer({ dataDir, logger: silentLogger });
    await server.close();
    const database = new DatabaseSync(join(dataDir, "cluster.db"));
    database.exec("UPDATE objects SET json = substr(json, 1, 20) WHERE key = 'kube-system'");
    database.close();
    const error = await refusal(startApiServer({ dataDir, logger: silentLogger }));
    expect(error.code).toBe("DATA_CORRUPT");
    expect(error.message).toContain("/namespaces kube-system");
  });

  it("loses nothing that was acknowledged when the process is killed at any moment", async () => {
    const dataDir = folder();
    const acknowledged: Acknowledged = new Map();
    const killAfterMs = Array.from({ length: 4 }, () => randomInt(150, 500));
    for (const [round, afterMs] of killAfterMs.entries()) {
      const { child, address } = await spawnServer(dataDir);
      const agent = new Agent({ keepAlive: true });
      const exited = once(child, "exit");
      setTimeout(() => child.kill("SIGKILL"), afterMs);
      await Promise.all(
        Array.from({ length: 4 }, (_, writer) => write(address, agent, `r${round}-w${writer}`, acknowledged)),
      );
      await exited;
      agent.destroy();
    }
    const when = `killed after ${killAfterMs.join(", ")} ms`;
    expect(acknowledged.size, when).toBeGreaterThan(20);
    const test = await openTestServer({ dataDir });
    const { json } = await test.call("GET", MAPS);
    const present = new Map(json.items.map((item) => [item.metadata.name ?? "", item]));
    for (const [name, said] of acknowledged) {
      const found: Loose | undefined = present.get(name);
      if (said === null) {
        expect([name, found], when).toEqual([name, undefined]);
        continue;
      }
      const version = Number(found?.metadata.resourceVersion);
      expect(version, when).toBeGreaterThanOrEqual(Number(said.version));
      // A later one was written, and its answer cut off by the end.
      if (version === Number(said.version)) expect([name, found?.["data"]], when).toEqual([name, said.data]);
    }
    const versions = json.items.map((item) => Number(item.metadata.resourceVersion));
    expect(Math.max(...versions)).toBeLessThanOrEqual(Number(json.metadata.resourceVersion));
    await test.close();
  });

  it("tells of its thread's end to who waits for it", async () => {
    const test = await openTestServer({ dataDir: folder() });
    await test.server.close();
    await test.server.close();
    const settled = await Promise.race([test.server.failed.catch(() => "failed"), Promise.resolve("quiet")]);
    expect(settled).toBe("quiet");
  });
});

/** What the server has said yes to, by name; null: its deletion. */
type Acknowledged = Map<string, { version: string; data: Record<string, string> | undefined } | null>;

/** Creates, changes and deletes objects until the server is gone, noting each answer. */
async function write(
  address: Address,
  agent: Agent,
  prefix: string,
  acknowledged: Acknowledged,
): Promise<void> {
  for (let index = 0; ; index++) {
    const name = `${prefix}-${index}`;
    const created = await send(address, agent, "POST", MAPS, configMap(name));
    if (created === undefined) return;
    acknowledged.set(name, { version: created, data: undefined });
    const patched = await send(address, agent, "PUT", `${MAPS}/${name}`, configMap(name, { a: "1" }));
    if (patched === undefined) return;
    acknowledged.set(name, { version: patched, data: { a: "1" } });
    if (index % 3 !== 0) continue;
    acknowledged.delete(name);
    if ((await send(address, agent, "DELETE", `${MAPS}/${name}`, undefined)) === undefined) return;
    acknowledged.set(name, null);
  }
}

/** @returns The version that was answered, or undefined if there was no answer. */
function send(
  { url, caPem, token }: Address,
  agent: Agent,
  method: string,
  path: string,
  body: object | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const request = httpsRequest(new URL(path, url), { method, ca: caPem, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", () => resolve(undefined));
      response.on("close", () => {
        if (!response.complete) resolve(undefined);
        else resolve((JSON.parse(text) as Loose).metadata.resourceVersion ?? "");
      });
    });
    request.on("error", () => resolve(undefined));
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
