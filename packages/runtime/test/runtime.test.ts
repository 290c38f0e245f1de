import {
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
  existsSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuntimeServer } from "../src/index.ts";

let server: Server;
let base: string;
let workspace: string;

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), "sandgate-runtime-"));
  server = createRuntimeServer({
    host: "127.0.0.1",
    port: 0,
    workspace,
    timeoutSeconds: 20,
    outputLimitBytes: 1000,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(workspace, { recursive: true, force: true });
});

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${base}${path}`, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
const run = async (body: object): Promise<{ stdout: string; stderr: string; exit_code: number }> =>
  (await (await post("/execute", body)).json()) as never;
const uploadAs = (name: string, content: string): Promise<Response> => {
  const form = new FormData();
  form.append("file", new Blob([content]), name);
  return fetch(`${base}/upload`, { method: "POST", body: form });
};

describe("execute", () => {
  it("runs the documented command and answers byte for byte", async () => {
    const answer = await post("/execute", '{"command":"python3 -c \\"print(6*7)\\""}');
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.text()).toBe('{"stdout":"42\\n","stderr":"","exit_code":0}');
  });

  it("is a real shell in the workspace", async () => {
    expect(await run({ command: "cd / && pwd; echo $((1+1)) | cat >&2; exit 3" })).toEqual({
      stdout: "/\n",
      stderr: "2\n",
      exit_code: 3,
    });
    expect((await run({ command: "pwd" })).stdout).toBe(`${workspace}\n`);
  });

  it("kills the whole group on a timeout and says so with exit code 124", async () => {
    const mark = join(workspace, "survivor");
    const answer = await run({ command: `(sleep 0.6; touch ${mark}) & sleep 30`, timeout_seconds: 0.2 });
    expect(answer.exit_code).toBe(124);
    expect(answer.stderr).toContain("timed out after 0.2 s");
    await run({ command: "sleep 0.8" });
    expect(existsSync(mark)).toBe(false);
  });

  it("answers when the shell ends although a background process holds the output", async () => {
    const began = performance.now();
    expect((await run({ command: "sleep 15 & echo done" })).stdout).toBe("done\n");
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("cuts output at the limit and says how much", async () => {
    const { stdout } = await run({ command: "head -c 5000 /dev/zero | tr '\\0' a" });
    expect(stdout).toMatch(/^a{1000}\n\[output cut: 4000 bytes more than the limit of 1000\]\n$/);
  });

  it("reports a signal as a shell does", async () => {
    expect((await run({ command: "kill -TERM $$" })).exit_code).toBe(143);
  });

  it("kills the command when the client goes", async () => {
    const gone = new AbortController();
    const pid = join(workspace, "pid");
    const call = fetch(`${base}/execute`, {
      method: "POST",
      body: JSON.stringify({ command: `echo $$ > ${pid}; exec sleep 30` }),
      signal: gone.signal,
    });
    await expect
      .poll(() => existsSync(pid) && readFileSync(pid, "utf8").trim() !== "", { interval: 5 })
      .toBe(true);
    const number = Number(readFileSync(pid, "utf8"));
    gone.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => existsSync(`/proc/${number}`), { interval: 10, timeout: 5000 }).toBe(false);
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["no command", "{}"],
    ["an empty command", '{"command":""}'],
    ["a command that is no text", '{"command":["ls"]}'],
    ["a NUL", '{"command":"a\\u0000b"}'],
    ["a bad timeout", '{"command":"ls","timeout_seconds":-1}'],
  ])("refuses %s with 400 and a message", async (_title, body) => {
    const answer = await post("/execute", body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toHaveProperty("message");
  });
});

describe("execute/stream", () => {
  it("sends lines as they come, the exit code last, and base64 only for what is not UTF-8", async () => {
    const answer = await post("/execute/stream", {
      command: "printf 'a\\303'; sleep 0.1; printf '\\244'; printf '\\377' >&2; exit 5",
    });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await answer.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines.at(-1)).toEqual({ exit_code: 5 });
    const text = lines.filter((line) => line["stream"] === "stdout");
    expect(text.map((line) => line["data"]).join("")).toBe("aä");
    expect(text.every((line) => line["encoding"] === undefined)).toBe(true);
    expect(lines.find((line) => line["stream"] === "stderr")).toEqual({
      stream: "stderr",
      data: "/w==",
      encoding: "base64",
    });
  });
});

describe("files", () => {
  it("are uploaded, listed, found and downloaded, whole or by range", async () => {
    expect((await uploadAs("a/b.txt", "hello")).status).toBe(200);
    expect(await (await fetch(`${base}/exists/a%2Fb.txt`)).json()).toEqual({ path: "a/b.txt", exists: true });
    expect(await (await fetch(`${base}/list/a`)).json()).toMatchObject([
      { name: "b.txt", size: 5, type: "file" },
    ]);
    expect(await (await fetch(`${base}/download/a%2Fb.txt`)).text()).toBe("hello");
    const part = await fetch(`${base}/download/a/b.txt`, { headers: { range: "bytes=1-3" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      "bytes 1-3/5",
      "ell",
    ]);
    expect((await fetch(`${base}/download/a/b.txt`, { headers: { range: "bytes=9-" } })).status).toBe(416);
    expect((await fetch(`${base}/download/nothing`)).status).toBe(404);
    expect((await fetch(`${base}/list/nothing`)).status).toBe(404);
  });

  it("cannot be reached outside of the workspace, by dots or by links", async () => {
    const outside = mkdtempSync(join(tmpdir(), "sandgate-outside-"));
    try {
      writeFileSync(join(outside, "secret"), "secret");
      mkdirSync(join(workspace, "links"), { recursive: true });
      symlinkSync(outside, join(workspace, "links", "folder"));
      symlinkSync(join(outside, "new"), join(workspace, "links", "dangling"));
      for (const path of [
        "..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "links%2Ffolder%2Fsecret",
        "links%2Fdangling",
      ]) {
        expect((await fetch(`${base}/download/${path}`)).status, path).toBe(403);
        expect((await fetch(`${base}/exists/${path}`)).status, path).toBe(403);
      }
      for (const name of ["../x", "/etc/x", "links/folder/x", "links/dangling"]) {
        expect((await uploadAs(name, "x")).status, name).toBe(403);
      }
      expect(existsSync(join(outside, "new"))).toBe(false);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});

describe("addresses", () => {
  it("answer what is wrong with them", async () => {
    expect(await (await fetch(`${base}/`)).json()).toEqual({
      status: "ok",
      message: "Sandbox runtime is active.",
    });
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    const wrong = await fetch(`${base}/execute`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await fetch(`${base}/download/%ff`)).status).toBe(400);
  });
});
