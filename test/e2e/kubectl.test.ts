import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtKubectl, KUBECTL_RANGE } from "../../scripts/kubectl.ts";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

const BUILD_MS = 10 * 60_000;

describe.each(KUBECTL_RANGE)("unmodified kubectl $version", (pinned) => {
  let kubectl: string;
  let up: SandgateUp;
  let folder: string;

  beforeAll(async () => {
    kubectl = builtKubectl(pinned, (line) => void process.stderr.write(`${line}\n`));
    up = await startSandgateUp({ args: ["--demo"], kubectl });
    folder = mkdtempSync(join(tmpdir(), "sandgate-kubectl-"));
    expect(up.kubectl("wait", "sandbox/my-sandbox", "--for=condition=Ready", "--timeout=30s").stderr).toBe(
      "",
    );
  }, BUILD_MS);
  afterAll(async () => {
    await up[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const ok = (...args: string[]): string => {
    const run = up.kubectl(...args);
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
    return run.stdout;
  };
  const start = (...args: string[]): ReturnType<typeof spawn> =>
    spawn(kubectl, ["--kubeconfig", up.kubeconfig, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
    });
  const manifest = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it("lists kinds and versions", () => {
    expect(ok("api-resources", "--api-group=agents.x-k8s.io")).toMatch(
      /sandboxes\s+sandbox\s+agents.x-k8s.io\/v1beta1\s+true\s+Sandbox/,
    );
    expect(ok("api-versions").split("\n")).toEqual(expect.arrayContaining(["v1", "agents.x-k8s.io/v1beta1"]));
    const { stdout } = up.kubectl("version");
    expect(stdout).toContain(`Client Version: ${pinned.version}\n`);
    expect(stdout).toContain("Server Version");
  });

  it("prints sandboxes and pods as tables", () => {
    expect(ok("get", "sandbox")).toMatch(/^NAME +READY +REASON +AGE\nmy-sandbox +True +DependenciesReady /);
    expect(ok("get", "pods", "-o", "wide")).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP /);
    expect(ok("get", "pods")).toMatch(/my-sandbox +1\/1 +Running +0 /);
  });

  it("explains built-in and custom kinds", () => {
    expect(ok("explain", "sandbox.spec.operatingMode")).toContain("FIELD: operatingMode");
    expect(ok("explain", "pod.spec.containers.image")).toContain("FIELD: image");
    expect(ok("explain", "sandbox.spec", "--recursive")).toContain("shutdownPolicy");
  });

  it("describes the node with its lease, without a complaint", () => {
    expect(ok("describe", "node", "sandgate")).toMatch(/^Lease:\n {2}HolderIdentity: +sandgate$/m);
  });

  it("shows a claim as bound, with a volume, its size and its modes", () => {
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "files" }, spec };
    ok("apply", "-f", manifest("claim.json", JSON.stringify(claim)));
    ok("wait", "pvc/files", "--for=jsonpath={.status.phase}=Bound");
    expect(ok("get", "pvc", "files")).toMatch(/^files +Bound +pvc-[\da-f-]{36} +1Gi +RWO /m);
  });

  it("describes a pod with its events", () => {
    const text = ok("describe", "pod", "my-sandbox");
    expect(text).toMatch(/^Status: +Running$/m);
    expect(text).toMatch(/Normal +Started/);
    expect(ok("describe", "sandbox", "my-sandbox")).toContain("Operating Mode");
  });

  it("applies twice, changes, and applies on the server with a conflict", () => {
    const file = manifest(
      "config.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: one\n",
    );
    expect(ok("apply", "-f", file)).toBe("configmap/settings created\n");
    expect(ok("apply", "-f", file)).toBe("configmap/settings unchanged\n");
    expect(ok("diff", "-f", file)).toBe("");
    manifest(
      "config.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: two\n",
    );
    expect(ok("apply", "-f", file)).toBe("configmap/settings configured\n");
    expect(ok("get", "cm", "settings", "-o", "jsonpath={.data.a}")).toBe("two");
    const other = manifest(
      "other.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: three\n",
    );
    const conflict = up.kubectl("apply", "--server-side", "--field-manager=other", "-f", other);
    expect(conflict.status).toBe(1);
    expect(conflict.stderr).toMatch(/conflict.*"kubectl-client-side-apply".*\.data\.a/s);
    expect(ok("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", other)).toContain(
      "serverside-applied",
    );
    expect(ok("get", "cm", "settings", "-o", "jsonpath={.data.a}")).toBe("three");
  });

  it("reports unknown fields of a manifest by their path and stores nothing", () => {
    const file = manifest(
      "unknown.yaml",
      "apiVersion: agents.x-k8s.io/v1beta1\nkind: Sandbox\nmetadata:\n  name: wrong\nspec:\n  podTemplat: {}\n  podTemplate:\n    spec:\n      containers: [{name: a, image: sandgate.dev/runtime}]\n",
    );
    const run = up.kubectl("apply", "-f", file);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('unknown field "spec.podTemplat"');
    expect(up.kubectl("get", "sandbox", "wrong").stderr).toContain("NotFound");
  });

  it("labels, annotates, edits by every kind of patch, replaces and scales the older version", () => {
    expect(ok("label", "sandbox", "my-sandbox", "tier=gold")).toContain("labeled");
    expect(ok("annotate", "sandbox", "my-sandbox", "note=x")).toContain("annotated");
    expect(
      ok(
        "patch",
        "sandbox",
        "my-sandbox",
        "--type=json",
        "-p",
        '[{"op":"replace","path":"/metadata/labels/tier","value":"silver"}]',
      ),
    ).toContain("patched");
    expect(ok("get", "sandbox", "-l", "tier=silver", "-o", "name")).toBe(
      "sandbox.agents.x-k8s.io/my-sandbox\n",
    );
    expect(ok("patch", "pod", "my-sandbox", "-p", '{"metadata":{"labels":{"by":"strategic"}}}')).toContain(
      "patched",
    );
    const old = up.kubectl(
      "get",
      "sandboxes.v1alpha1.agents.x-k8s.io",
      "my-sandbox",
      "-o",
      "jsonpath={.spec.replicas}",
    );
    expect(old.stdout).toBe("1");
    expect(old.stderr).toMatch(/Warning: .*deprecated/);
  });

  it("runs commands with streams, exit code and a terminal", async () => {
    expect(ok("exec", "my-sandbox", "--", "python3", "-c", "print(6*7)")).toBe("42\n");
    expect(up.kubectl("exec", "my-sandbox", "--", "sh", "-c", "exit 3").status).toBe(3);
    const cat = start("exec", "-i", "my-sandbox", "--", "cat");
    const copied = cat.stdout?.setEncoding("utf8").toArray();
    cat.stdin?.end("through stdin\n");
    expect((await copied)?.join("")).toBe("through stdin\n");
    expect(ok("exec", "my-sandbox", "--", "id", "-u")).not.toBe("0\n");
  });

  it("follows logs", async () => {
    const file = manifest(
      "logs.yaml",
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: talker\nspec:\n  restartPolicy: Never\n  containers:\n    - name: main\n      image: sandgate.dev/runtime\n      command: [sh, -c, 'echo one; echo two; echo three']\n",
    );
    ok("apply", "-f", file);
    ok("wait", "pod/talker", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s");
    const follow = start("logs", "-f", "talker");
    expect((await follow.stdout?.setEncoding("utf8").toArray())?.join("")).toBe("one\ntwo\nthree\n");
    expect(ok("logs", "talker", "--tail=1")).toBe("three\n");
    expect(ok("logs", "talker", "--timestamps")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z one$/m);
  });

  it("forwards a port", async () => {
    const forward = start("port-forward", "pod/my-sandbox", ":8888");
    const exited = once(forward, "exit");
    try {
      const port = await new Promise<string>((resolve, reject) => {
        let text = "";
        forward.stdout?.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          const found = /127\.0\.0\.1:(\d+) ->/.exec(text)?.[1];
          if (found !== undefined) resolve(found);
        });
        void exited.then(() => reject(new Error(`port-forward ended: ${text}`)));
      });
      for (let round = 0; round < 5; round++) {
        expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      }
    } finally {
      forward.kill();
      await exited;
    }
  });

  it("watches, waits and deletes, finalizers included", async () => {
    ok("create", "configmap", "held", "--from-literal=a=b");
    ok(
      "patch",
      "configmap",
      "held",
      "--type=merge",
      "-p",
      '{"metadata":{"finalizers":["example.com/hold"]}}',
    );
    expect(ok("delete", "configmap", "held", "--wait=false")).toContain("deleted");
    expect(ok("get", "configmap", "held", "-o", "jsonpath={.metadata.deletionTimestamp}")).not.toBe("");
    const waiting = start("wait", "configmap/held", "--for=delete", "--timeout=20s");
    ok("patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
    const [code] = (await once(waiting, "exit")) as [number];
    expect(code).toBe(0);
  });

  it("sends protobuf bodies and asks what it may do", () => {
    expect(ok("auth", "can-i", "create", "pods")).toBe("yes\n");
    expect(ok("create", "token", "default").split(".")).toHaveLength(3);
    expect(ok("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")).not.toBe("");
  });

  it("takes a user's own CustomResourceDefinition", () => {
    const file = manifest(
      "crd.yaml",
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer, minimum: 1, default: 3}
              x-kubernetes-validations:
                - {rule: "self.size < 10", message: "too large"}
`,
    );
    ok("apply", "-f", file);
    ok("wait", "crd/widgets.example.com", "--for=condition=Established", "--timeout=10s");
    ok(
      "apply",
      "-f",
      manifest("w.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {}\n"),
    );
    expect(ok("get", "widget", "w", "-o", "jsonpath={.spec.size}")).toBe("3");
    const large = up.kubectl(
      "apply",
      "-f",
      manifest("x.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}\nspec: {size: 11}\n"),
    );
    expect(large.stderr).toContain("too large");
    ok("delete", "crd", "widgets.example.com");
    expect(up.kubectl("get", "widgets").status).toBe(1);
  });

  it("finds no free port taken away: the API server is on loopback only", async () => {
    const { hostname, port } = new URL(ok("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"));
    expect(hostname).toBe("127.0.0.1");
    const server = createServer();
    server.listen(Number(port), "127.0.0.1");
    const [error] = (await once(server, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("EADDRINUSE");
  });
});
