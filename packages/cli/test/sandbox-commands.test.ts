import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type CommandResult, type SandgateUp } from "../../../test/support/sandgate-up.ts";

const root = dirname(dirname(dirname(import.meta.dirname)));
const POOL = join(root, "examples", "warm-pool", "pool.yaml");
const MAIN = join(root, "packages", "cli", "bin", "sandgate.js");
const BOX = { name: "main", image: "sandgate.dev/runtime" };

/** A member of `GET /sandboxes`, and of `sandgate list -o json` with another name for the address. */
interface Told {
  path?: string;
  address?: string;
  state: string;
  reason: string;
  message: string;
}

describe("the commands on sandboxes of the embedded cluster", { timeout: 60_000 }, () => {
  let up: SandgateUp;
  let folder: string;

  beforeAll(async () => {
    up = await startSandgateUp();
    folder = mkdtempSync(join(tmpdir(), "sandgate-commands-"));
  });
  afterAll(async () => {
    await up[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const manifest = (version: string, name: string, spec: object = {}, pod: object = {}): string => {
    const path = join(folder, `${name}.json`);
    const object = {
      apiVersion: `agents.x-k8s.io/${version}`,
      kind: "Sandbox",
      metadata: { name, labels: { user: "alice" } },
      spec: { podTemplate: { spec: { containers: [BOX], ...pod } }, ...spec },
    };
    writeFileSync(path, JSON.stringify(object));
    return path;
  };
  const create = (...args: string[]): CommandResult => up.sandgate("create", ...args);

  it("takes manifests of both versions that are served, and names them where it is of neither", () => {
    for (const [version, name] of [
      ["v1beta1", "newer"],
      ["v1alpha1", "older"],
    ] as const) {
      const run = create("-f", manifest(version, name));
      expect([run.status, run.stdout]).toEqual([0, `${up.url}/alice/${name}/\n`]);
    }
    const { status, stderr } = create("-f", manifest("v9", "future"));
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/is written in v9, .* serves Sandboxes as v1beta1 and v1alpha1 only/),
    ]);
  });

  it("does not wait for a sandbox that its manifest suspends", () => {
    const run = create("-f", manifest("v1beta1", "asleep", { operatingMode: "Suspended" }));
    expect([run.status, run.stdout]).toEqual([0, ""]);
    expect(run.stderr).toContain("alice/asleep is suspended, as it was asked for");
  });

  it("refuses fields that the version has not, instead of losing them", () => {
    const run = create("-f", manifest("v1beta1", "wrong", { replicas: 0 }));
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining('unknown field "spec.replicas"')]);
  });

  it("says the pod's reason and what mends it as soon as waiting is in vain", () => {
    const { status, stderr } = create("alice/image", "--image", "example.com/none:1");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ {2}Starting: DependenciesNotReady: .*\(ErrImageNeverPull/m);
    expect(stderr).toMatch(/^sandgate: Sandbox default\/image will not become ready: Starting: /m);
    expect(stderr).toContain(
      "The image cannot be pulled: ErrImageNeverPull: example.com/none:1. Correct its name;",
    );
    expect(stderr).toContain(`  $ kubectl --kubeconfig ${up.kubeconfig} -n default patch `);
  });

  it("does not wait on where the pod has ended for good", () => {
    // Without a probe it would be ready for as long as it runs.
    const readinessProbe = { httpGet: { path: "/", port: 8888 } };
    const containers = [{ ...BOX, command: ["false"], readinessProbe }];
    const path = manifest("v1beta1", "ends", {}, { restartPolicy: "Never", containers });
    const { status, stderr } = create("-f", path);
    expect([status, stderr]).toEqual([1, expect.stringContaining("will not become ready: Failed: ")]);
    expect(stderr).toContain("The sandbox's pod has ended: its container ended with exit code 1.");
  });

  it("says what a sandbox waits for when the time is over", () => {
    const readinessProbe = { httpGet: { path: "/", port: 9999 }, periodSeconds: 1 };
    const path = manifest("v1beta1", "probe", {}, { containers: [{ ...BOX, readinessProbe }] });
    const { status, stderr } = create("-f", path, "--timeout", "6");
    expect([status, stderr]).toEqual([1, expect.stringContaining("is not ready after 6 s: Starting: ")]);
    expect(stderr).toContain("The sandbox's program is not ready: DependenciesNotReady: ");
    expect(stderr).toContain("Readiness probe failed");
    expect(up.sandgate("delete", "alice/probe").status).toBe(0);
  });

  it("says that a sandbox is gone that was deleted while it was waited for", async () => {
    const readinessProbe = { httpGet: { path: "/", port: 9999 } };
    const path = manifest("v1beta1", "going", {}, { containers: [{ ...BOX, readinessProbe }] });
    const args = [MAIN, "create", "-f", path];
    const waiting = spawn(process.execPath, args, {
      env: { ...process.env, SANDGATE_DATA_DIR: up.dataDir },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const chunk of waiting.stderr.setEncoding("utf8")) {
      const before = said;
      said += String(chunk);
      if (said.includes("not Ready") && !before.includes("not Ready"))
        expect(up.sandgate("delete", "alice/going").status).toBe(0);
    }
    expect(said).toMatch(/^sandgate: Sandbox default\/going was deleted while it was waited for\.\n$/m);
    if (waiting.exitCode === null) await once(waiting, "exit");
    expect(waiting.exitCode).toBe(1);
    expect(up.sandgate("get", "alice/going").stderr).toContain("No sandbox alice/going.");
  });

  it("lists state, reason and message as the gateway's own list has them", async () => {
    expect(up.kubectl("create", "namespace", "other").status).toBe(0);
    // A second claim to an address that is taken.
    expect(create("alice/newer", "-n", "other", "--no-wait").status).toBe(0);
    const listed = JSON.parse(up.sandgate("list", "-o", "json").stdout) as Told[];
    const answer = (await (await fetch(`${up.url}/sandboxes`)).json()) as { sandboxes: Told[] };
    const plain = ({ path, address, state, reason, message }: Told): Told => ({
      address: address ?? path ?? "",
      state,
      reason,
      message,
    });
    const byText = (told: readonly Told[]): string[] =>
      told.map((one) => JSON.stringify(plain(one))).toSorted();
    expect(byText(listed)).toEqual(byText(answer.sandboxes));
    expect(new Set(listed.map(({ state }) => state))).toEqual(
      new Set(["Ready", "Suspended", "Starting", "Failed", "Conflict"]),
    );
  });

  it("shows what is wrong with one, and the command that mends it", () => {
    const { stdout } = up.sandgate("get", "alice/asleep");
    expect(stdout).toMatch(/^State: +Suspended \(SandboxSuspended: The sandbox is suspended\)$/m);
    expect(stdout).toContain("The sandbox is suspended: The sandbox is suspended. Resume it.");
    expect(up.sandgate("get", "alice/older").stdout).not.toContain("$ kubectl");
    expect(up.sandgate("exec", "alice/asleep", "--", "true").stderr).toContain(
      "has no pod now; it is Suspended",
    );
  });

  it("leaves out what nobody has claimed of a warm pool, and says so", () => {
    expect(up.kubectl("apply", "-f", POOL).status).toBe(0);
    const ready = "--for=jsonpath={.status.readyReplicas}=2";
    expect(up.kubectl("wait", "sandboxwarmpool/python", ready, "--timeout=30s").status).toBe(0);
    const { stdout, stderr } = up.sandgate("list");
    expect(stderr).toBe("Not shown: 2 of warm pools, which nobody has claimed yet.\n");
    expect(stdout).not.toContain("python-");
  });
});
