import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inClusterAccess, isInCluster, KubeconfigError, loadKubeconfig } from "../src/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-kubeconfig-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function config(user: object, cluster: object = {}, extra: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:6443", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "team" } }],
    "current-context": "x",
    ...extra,
  };
}

const load = (path: string, context?: string): ReturnType<typeof loadKubeconfig> =>
  loadKubeconfig({ path, env: {}, ...(context === undefined ? {} : { context }) });

describe("loadKubeconfig", () => {
  it("reads server, authority, token and namespace", async () => {
    const path = write(
      "config",
      config({ token: "t" }, { "certificate-authority-data": Buffer.from("CA").toString("base64") }),
    );
    expect(await load(path)).toEqual({
      server: "https://127.0.0.1:6443",
      caPem: "CA",
      token: "t",
      namespace: "team",
    });
  });

  it("reads files relative to its own folder, and a token file again and again", async () => {
    write("ca.pem", "CA");
    write("cert.pem", "CERT");
    write("key.pem", "KEY");
    write("token", "one\n");
    const user = { "client-certificate": "cert.pem", "client-key": "key.pem", tokenFile: "token" };
    const access = await load(write("config", config(user, { "certificate-authority": "ca.pem" })));
    expect(access).toMatchObject({ caPem: "CA", certificatePem: "CERT", keyPem: "KEY" });
    expect(typeof access.token === "function" ? await access.token() : access.token).toBe("one");
  });

  it("merges the files of KUBECONFIG, the first to name a thing winning", async () => {
    const first = write("first", config({ token: "first" }, {}, { contexts: [], "current-context": "" }));
    const second = write("second", config({ token: "second" }));
    const env = { KUBECONFIG: [first, join(folder, "missing"), second].join(delimiter) };
    expect(await loadKubeconfig({ env })).toMatchObject({ token: "first", namespace: "team" });
  });

  it("runs an exec plugin with its environment, and again when the token has ended", async () => {
    const counter = join(folder, "count");
    const plugin = write(
      "plugin",
      `#!/bin/sh
n=$(cat ${counter} 2>/dev/null || echo 0); n=$((n+1)); echo $n > ${counter}
echo "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"$PREFIX-$n\\",\\"expirationTimestamp\\":\\"2020-01-01T00:00:00Z\\"}}"
`,
    );
    chmodSync(plugin, 0o755);
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "./plugin",
      env: [{ name: "PREFIX", value: "p" }],
    };
    const { token } = await load(write("config", config({ exec })));
    expect(typeof token === "function" ? await token() : token).toBe("p-2");
  });

  it.each([
    ["a missing file", "/no/such/file", undefined, /cannot be read/],
    ["no YAML", "{", undefined, /is not YAML/],
    ["no object", "- a", undefined, /holds no object/],
    ["an unknown context", config({ token: "t" }), "other", /no context "other".*There are: x/],
    [
      "no current context",
      config({}, {}, { "current-context": "" }),
      undefined,
      /choose one with --context.*There are: x/,
    ],
    ["a context without its user", config({}, {}, { users: [] }), undefined, /no user of context "x" "u"/],
    ["a server without scheme", config({}, { server: "127.0.0.1" }), undefined, /no server with http/],
    ["a proxy", config({}, { "proxy-url": "http://p" }), undefined, /proxy-url/],
    [
      "an auth-provider",
      config({ "auth-provider": { name: "gcp" } }),
      undefined,
      /auth-provider "gcp".*exec plugin/,
    ],
    ["a password", config({ username: "u", password: "p" }), undefined, /username and password/],
    ["a certificate without key", config({ "client-certificate-data": "eA==" }), undefined, /but not both/],
    [
      "a missing plugin",
      config({
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          command: "no-such-plugin",
          installHint: "Install it so.",
        },
      }),
      undefined,
      /no-such-plugin cannot be started.*Install it so\./,
    ],
    [
      "a plugin of an old version",
      config({ exec: { apiVersion: "client.authentication.k8s.io/v1alpha1", command: "x" } }),
      undefined,
      /v1alpha1 is none of/,
    ],
    [
      "a plugin that fails",
      config({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: "false" } }),
      undefined,
      /ended with 1/,
    ],
    [
      "a plugin that says something else",
      config({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: ["secret"] } }),
      undefined,
      /printed no JSON/,
    ],
  ])("refuses %s with what is wrong", async (_title, content, context, message) => {
    const path = typeof content === "string" && content.startsWith("/") ? content : write("config", content);
    const failure = await load(path, context).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KubeconfigError);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain("secret");
  });
});

describe("inClusterAccess", () => {
  it("reads the pod's service account", async () => {
    write("token", "t\n");
    write("ca.crt", "CA");
    write("namespace", "team\n");
    const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    expect(isInCluster(env, folder)).toBe(true);
    expect(isInCluster({}, folder)).toBe(false);
    const access = await inClusterAccess(env, folder);
    expect(access).toMatchObject({ server: "https://[fd00::1]:443", caPem: "CA", namespace: "team" });
    expect(typeof access.token === "function" ? await access.token() : access.token).toBe("t");
  });
});
