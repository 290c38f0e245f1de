import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

/** The request of the README, byte for byte. */
const BODY = '{"command":"python3 -c \\"print(6*7)\\""}';

async function execute(
  url: string,
  command: string,
): Promise<{ stdout: string; stderr: string; exit_code: number }> {
  const response = await fetch(`${url}/execute`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { stdout: string; stderr: string; exit_code: number };
}

describe("sandgate up with the demo sandbox", () => {
  let up: SandgateUp;
  let demo: string;

  beforeAll(async () => {
    up = await startSandgateUp({ args: ["--demo"] });
    demo = `${up.url}/alice/my-sandbox`;
  });
  afterAll(async () => {
    await up[Symbol.asyncDispose]();
  });

  it("answers the documented request as documented", async () => {
    const response = await fetch(`${demo}/execute`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: BODY,
    });
    expect(await response.text()).toBe('{"stdout":"42\\n","stderr":"","exit_code":0}');
  });

  it("listens on loopback only, and keeps its folder and kubeconfig to its owner", () => {
    expect(new URL(up.url).hostname).toBe("127.0.0.1");
    expect(statSync(up.dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(up.kubeconfig).mode & 0o777).toBe(0o600);
    const listening = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .filter((line) => / 0A /.test(line))
      .map((line) => line.trim().split(/\s+/)[1] ?? "");
    const port = Number(new URL(up.url).port).toString(16).toUpperCase().padStart(4, "0");
    expect(listening.filter((address) => address.endsWith(`:${port}`))).toEqual([`0100007F:${port}`]);
  });

  it("says what there is in /health and /sandboxes, with exactly the promised members first", async () => {
    const health = (await (await fetch(`${up.url}/health`)).json()) as Record<string, unknown>;
    expect(Object.keys(health).slice(0, 3)).toEqual(["status", "sandboxes", "timestamp"]);
    expect(health).toMatchObject({ status: "ok", sandboxes: 1 });
    const list = (await (await fetch(`${up.url}/sandboxes`)).json()) as {
      count: number;
      sandboxes: Record<string, unknown>[];
    };
    expect(Object.keys(list).slice(0, 2)).toEqual(["count", "sandboxes"]);
    expect(Object.keys(list.sandboxes[0] ?? {}).slice(0, 4)).toEqual([
      "path",
      "service",
      "namespace",
      "ready",
    ]);
    expect(list.sandboxes[0]).toMatchObject({ path: "alice/my-sandbox", namespace: "default", ready: true });
  });

  it("makes, lists, shows, runs in and deletes sandboxes by command", async () => {
    const made = up.sandgate("create", "bob/box");
    expect(made.stderr).toContain("bob/box is ready");
    expect(made.stdout.trim()).toBe(`${up.url}/bob/box/`);
    expect(up.sandgate("list").stdout).toMatch(/^bob\/box +default +Ready/m);
    expect(up.sandgate("get", "bob/box").stdout).toMatch(/^State: +Ready/m);
    const run = up.sandgate("exec", "bob/box", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
    expect(run).toEqual({ status: 7, stdout: "out\n", stderr: "err\n" });
    expect((await execute(`${up.url}/bob/box`, "pwd")).stdout).toBe("/workspace\n");
    expect(up.sandgate("delete", "bob/box").stderr).toContain("deleted bob/box");
    expect((await fetch(`${up.url}/bob/box/`)).status).toBe(404);
    expect(up.sandgate("get", "bob/box").stderr).toContain("No sandbox bob/box");
  });

  it("shares a file system between upload, command and download", async () => {
    const form = new FormData();
    form.append("file", new Blob(["hello\n"]), "notes/hello.txt");
    expect((await fetch(`${demo}/upload`, { method: "POST", body: form })).status).toBe(200);
    expect((await execute(demo, "cat notes/hello.txt")).stdout).toBe("hello\n");
    expect(await (await fetch(`${demo}/download/notes%2Fhello.txt`)).text()).toBe("hello\n");
  });

  it("answers a malformed and an unknown address as a problem with a code", async () => {
    for (const [path, status] of [
      ["/alice/%2e%2e/x", 400],
      ["/nobody/nothing/", 404],
    ] as const) {
      const response = await fetch(`${up.url}${path}`);
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      const problem = (await response.json()) as { code: string };
      expect(response.headers.get("sandgate-error")).toBe(problem.code);
    }
  });

  it("refuses a request whose Host is another site's", async () => {
    const { hostname, port } = new URL(up.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
      socket.write("GET /alice/my-sandbox/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    });
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toContain('"status":"ok"');
  });

  it("follows suspend and resume", async () => {
    const patch = (mode: string): void => {
      const run = up.kubectl(
        "patch",
        "sandbox",
        "my-sandbox",
        "--type=merge",
        "-p",
        `{"spec":{"operatingMode":"${mode}"}}`,
      );
      expect(run.stderr).toBe("");
    };
    patch("Suspended");
    expect(
      up.kubectl("wait", "sandbox/my-sandbox", "--for=condition=Suspended", "--timeout=30s").status,
    ).toBe(0);
    const asleep = await fetch(`${demo}/`);
    expect(asleep.status).toBe(503);
    expect(Number(asleep.headers.get("retry-after"))).toBeGreaterThan(0);
    patch("Running");
    expect(up.kubectl("wait", "sandbox/my-sandbox", "--for=condition=Ready", "--timeout=30s").status).toBe(0);
    // The gateway learns of it by its own watch, within 100 ms of kubectl's.
    await expect
      .poll(async () => (await fetch(`${demo}/`)).status, { timeout: 5000, interval: 20 })
      .toBe(200);
  });
});
