import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const COMMAND = fileURLToPath(new URL("../bin/sandgate.js", import.meta.url));

/** A cluster that does not answer: the gateway starts, and is not ready. */
const KUBECONFIG = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "none", cluster: { server: "http://127.0.0.1:1" } }],
  users: [{ name: "none", user: {} }],
  contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
  "current-context": "none",
});

let folder: string;
let child: ChildProcessByStdio<null, Readable, Readable>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-workers-"));
  writeFileSync(join(folder, "kubeconfig"), KUBECONFIG);
});
afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

function start(...flags: string[]): { stderr: () => string; ended: Promise<number | null> } {
  const kubeconfig = join(folder, "kubeconfig");
  const args = [COMMAND, "gateway", "--kubeconfig", kubeconfig, "--port", "0", ...flags];
  child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, SANDGATE_LOG_LEVEL: "debug" },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { stderr: () => stderr, ended };
}

/** Waits until the error output has the text, and gives back the part in brackets. */
async function told(pattern: RegExp, text: () => string): Promise<string> {
  for (;;) {
    const [, found] = pattern.exec(text()) ?? [];
    if (found !== undefined) return found;
    await once(child.stderr, "data");
  }
}

async function status(url: string): Promise<number | undefined> {
  const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return response.statusCode;
}

describe("sandgate gateway --workers", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "serves by threads with one log, and ends in order on %s",
    async (signal) => {
      const { stderr, ended } = start("--workers", "2", "--dial", "pod-ip", "--drain-timeout-ms", "100");
      const url = await told(/listens on (http:\S+) /, stderr);
      const asked = await Promise.all(Array.from({ length: 40 }, () => status(`${url}/readyz`)));
      expect(new Set(asked)).toEqual(new Set([503]));
      child.kill(signal);
      expect(await ended).toBe(0);
      const lines = stderr()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { message: string });
      expect(lines.filter(({ message }) => message === "request").length).toBe(40);
    },
  );

  it("is refused by port-forward, with what to say instead", async () => {
    const { stderr, ended } = start("--workers", "2");
    expect(await ended).toBe(1);
    expect(stderr()).toMatch(/--workers 2 does not go together with --dial port-forward.*--dial pod-ip/);
  });
});
