import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDataDir, runSandgate, startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-bad-input-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe("sandgate up, started wrongly", () => {
  it("says that the port is taken, and how to take another, and leaves nothing running", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dataDir = makeDataDir();
    try {
      const run = runSandgate(["up", "--port", String(port), "--data-dir", dataDir]);
      expect(run.status).toBe(1);
      expect(run.stderr).toBe(
        `sandgate: Port ${port} on 127.0.0.1 is taken. Choose another with --port, or end what listens there.\n`,
      );
      // The data folder is free again.
      await using up = await startSandgateUp({ dataDir });
      expect(up.url).toMatch(/^http:/);
    } finally {
      server.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("says that the data folder is no folder, or holds something else", () => {
    const plain = runSandgate(["up", "--port", "0", "--data-dir", file("plain", "x")]);
    expect([plain.status, plain.stderr]).toEqual([
      1,
      expect.stringMatching(/data folder .*plain cannot be used.*--data-dir/s),
    ]);
    const corrupt = makeDataDir();
    try {
      writeFileSync(join(corrupt, "cluster.db"), "this is no database, whatever its name says".repeat(100));
      const run = runSandgate(["up", "--port", "0", "--data-dir", corrupt]);
      expect(run.status).toBe(1);
      expect(run.stderr).toContain(corrupt);
      expect(run.stderr).not.toMatch(/^\s+at /m);
    } finally {
      rmSync(corrupt, { recursive: true, force: true });
    }
  });

  it("tells every problem of the configuration at once", () => {
    const config = file("gateway.yaml", "hots: x\nport: -1\n");
    const run = runSandgate(["up", "--config", config, "--idle-timeout-ms", "soon"]);
    expect(run.status).toBe(1);
    for (const text of ['unknown key "hots"', "port: -1", "--idle-timeout-ms"])
      expect(run.stderr).toContain(text);
  });

  it("does not open itself to strangers by accident", () => {
    const run = runSandgate(["up", "--host", "0.0.0.0", "--port", "0", "--data-dir", join(folder, "open")]);
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining("--api-keys FILE")]);
  });

  it("shows how a flag is meant where there is none such", () => {
    expect(runSandgate(["up", "--prot", "1"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--port") as string,
    });
    expect(runSandgate(["nothing"]).status).toBe(2);
    expect(runSandgate(["exec", "alice/box"]).status).toBe(2);
  });
});

describe("a command without its cluster", () => {
  const list = (...args: string[]): ReturnType<typeof runSandgate> =>
    runSandgate(["list", "--data-dir", join(folder, "none"), ...args], {
      KUBECONFIG: file("ambient", "{}"),
      SANDGATE_KUBECONFIG: "",
    });

  it("says how to name one, and takes no ambient KUBECONFIG for it", () => {
    expect(list()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/sandgate up.*--kubeconfig.*KUBECONFIG alone is not used/s) as string,
    });
  });

  it.each([
    ["a missing file", () => ["--kubeconfig", "/no/such/file"], /cannot be read/],
    ["no YAML", () => ["--kubeconfig", file("broken", "{")], /is not YAML/],
    [
      "an unknown context",
      () => ["--kubeconfig", file("empty", "contexts: []\n"), "--context", "prod"],
      /no context "prod"/,
    ],
    [
      "a server that does not answer",
      () => [
        "--kubeconfig",
        file(
          "silent",
          "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
        ),
      ],
      /127\.0\.0\.1:1 does not answer/,
    ],
  ])("names what is wrong with %s", (_title, args, message) => {
    const run = list(...args());
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/^\s+at /m);
  });
});

describe("a running cluster, asked wrongly", () => {
  let up: SandgateUp;
  beforeAll(async () => {
    up = await startSandgateUp({ args: ["--demo"] });
  });
  afterAll(async () => {
    await up[Symbol.asyncDispose]();
  });

  const refused = (args: string[], message: RegExp, status: number = 1): void => {
    const run = up.sandgate(...args);
    expect(run.status).toBe(status);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/^\s+at /m);
  };
  const pod = (name: string, spec: object): string =>
    file(`${name}.yaml`, JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec }));

  it("says which sandbox is not there, is there already, or has no such name", () => {
    for (const command of ["get", "logs", "delete"])
      refused([command, "alice/none"], /No sandbox alice\/none/);
    refused(["exec", "bob/my-sandbox", "--", "true"], /No sandbox bob\/my-sandbox.*for: alice/);
    refused(["create", "alice/my-sandbox"], /exists already/);
    refused(["create", "Alice/Box"], /"Alice\/Box" is no sandbox/, 2);
    refused(
      ["create", "-f", file("pod.yaml", "kind: Pod")],
      /expected one object with apiVersion agents\.x-k8s\.io/,
    );
  });

  it("says the state of a sandbox that does not become ready, with the reason", () => {
    refused(
      ["create", "alice/other", "--image", "nginx"],
      /will not become ready: Starting: DependenciesNotReady: .*ErrImageNeverPull/,
    );
    const { stdout } = up.kubectl(
      "get",
      "pod",
      "other",
      "-o",
      "jsonpath={.status.containerStatuses[0].state.waiting}",
    );
    expect(stdout).toContain("ErrImageNeverPull");
    expect(stdout).toContain("sandgate.dev/runtime");
  });

  it("tells of a sandbox that ends at once, by its status and by the gateway", async () => {
    const spec = {
      restartPolicy: "Never",
      containers: [{ name: "main", image: "sandgate.dev/runtime", command: ["false"] }],
    };
    const manifest = {
      apiVersion: "agents.x-k8s.io/v1beta1",
      kind: "Sandbox",
      metadata: { name: "brief" },
      spec: { podTemplate: { spec } },
    };
    // It is ready for as long as it runs, so it is waited for its end and not for its start.
    expect(
      up.sandgate("create", "--no-wait", "-f", file("brief.yaml", JSON.stringify(manifest))).status,
    ).toBe(0);
    expect(up.kubectl("wait", "sandbox/brief", "--for=condition=Finished", "--timeout=20s").status).toBe(0);
    const message = up.kubectl(
      "get",
      "sandbox",
      "brief",
      "-o",
      'jsonpath={.status.conditions[?(@.type=="Ready")].reason}',
    );
    expect(message.stdout).toBe("PodFailed");
    const detail = async (): Promise<string> =>
      ((await (await fetch(`${up.url}/default/brief/`)).json()) as { detail: string }).detail;
    // The gateway's own watch brings it within 100 ms of kubectl's.
    await expect.poll(detail, { interval: 20, timeout: 5000 }).toContain("PodFailed");
    expect((await fetch(`${up.url}/default/brief/`)).status).toBe(503);
  });

  it("tells of a command that does not exist as a kubelet does", () => {
    const spec = {
      restartPolicy: "Never",
      containers: [{ name: "main", image: "sandgate.dev/runtime", command: ["/no/such/program"] }],
    };
    expect(up.kubectl("apply", "-f", pod("no-command", spec)).status).toBe(0);
    expect(
      up.kubectl("wait", "pod/no-command", "--for=jsonpath={.status.phase}=Failed", "--timeout=20s").status,
    ).toBe(0);
    const state = up.kubectl(
      "get",
      "pod",
      "no-command",
      "-o",
      "jsonpath={.status.containerStatuses[0].state.terminated}",
    ).stdout;
    expect(state).toMatch(/"exitCode":128/);
    expect(state).toContain("/no/such/program");
  });

  it("refuses a runtime class that is not there, an object that is too large and a definition with a broken schema", () => {
    const spec = {
      runtimeClassName: "gvisor",
      containers: [{ name: "main", image: "sandgate.dev/runtime" }],
    };
    expect(up.kubectl("apply", "-f", pod("classy", spec)).stderr).toContain(
      'RuntimeClass "gvisor" not found',
    );
    const large = up.kubectl(
      "create",
      "configmap",
      "large",
      `--from-file=x=${file("large", "x".repeat(1_600_000))}`,
    );
    expect([large.status, large.stderr]).toEqual([1, expect.stringMatching(/too (large|long)|limit/i)]);
    const definition = `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: as.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: as, singular: a, kind: A}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: nothing}}}}}]}}`;
    expect(up.kubectl("apply", "-f", file("definition.yaml", definition)).stderr).toContain(
      "properties[spec].type",
    );
    expect(up.kubectl("get", "--raw", "/readyz").stdout).toBe("ok");
  });
});
