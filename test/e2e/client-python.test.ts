import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";
import { installPythonClient, PYTHON_CLIENTS, runSession, SEEN } from "./client-python/python-client.ts";

const POOL = `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: box, namespace: default}
spec:
  podTemplate:
    spec:
      containers:
        - name: box
          image: sandgate.dev/runtime
          readinessProbe: {httpGet: {path: /, port: 8888}, periodSeconds: 1}
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: pool, namespace: default}
spec: {replicas: 1, sandboxTemplateRef: {name: box}}
`;

const KEYS = { default: "key-of-default", bob: "key-of-bob" };

describe.each(PYTHON_CLIENTS)("unmodified k8s-agent-sandbox %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-python-"));
  let python: string;
  beforeAll(() => {
    python = installPythonClient(version);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function withUp(
    args: readonly string[],
    work: (up: SandgateUp, router: URL) => Promise<void>,
  ): Promise<void> {
    await using up = await startSandgateUp({ args: ["--router-port", "0", ...args] });
    const manifest = join(folder, "pool.yaml");
    writeFileSync(manifest, POOL);
    expect(up.kubectl("apply", "-f", manifest)).toMatchObject({ status: 0 });
    const { routerUrl } = JSON.parse(readFileSync(join(up.dataDir, "running.json"), "utf8")) as {
      routerUrl: string;
    };
    await work(up, new URL(routerUrl));
  }

  it("makes sandboxes, runs commands once, and moves files through the router", async () => {
    await withUp(["--auth", "none"], async (up, router) => {
      expect(await runSession(python, up.kubeconfig, [router.origin])).toEqual(SEEN);
      expect(up.kubectl("get", "sandboxclaims", "-A", "-o", "name").stdout).toBe("");
    });
  });

  it("does so with an API key in its URL, and reaches only its user's sandboxes", async () => {
    const keys = join(folder, "keys.yaml");
    const list = Object.entries(KEYS).map(([user, key]) => ({
      id: user,
      sha256: createHash("sha256").update(key).digest("hex"),
      user,
    }));
    writeFileSync(keys, JSON.stringify(list));
    await withUp(["--api-keys", keys], async (up, router) => {
      const withKey = (key: string): string => `http://any:${key}@${router.host}`;
      expect(await runSession(python, up.kubeconfig, [withKey(KEYS.default)])).toEqual(SEEN);
      expect(await runSession(python, up.kubeconfig, [withKey(KEYS.bob)])).toMatchObject({ refused: 403 });
      expect(await runSession(python, up.kubeconfig, [withKey("wrong")])).toEqual({
        refused: 401,
        detail: "The API key is not valid.",
      });
      if (version !== "0.5.6")
        expect(await runSession(python, up.kubeconfig, [router.origin, KEYS.default])).toEqual(SEEN);
    });
  });
});
