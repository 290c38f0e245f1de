import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSandgate, type CommandResult } from "../../support/sandgate-up.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";

/** The first, the last that serves v1alpha1 alone, and the newest. */
const RELEASES = ["v0.1.0", "v0.4.6", "v0.5.6"] as const;

describe.each(RELEASES)("the command on a cluster of agent-sandbox %s", (release) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "node", crds: release, upstreamControllers: true });
  });
  afterAll(() => cluster.close());

  const sandgate = (command: string, ...args: string[]): CommandResult =>
    runSandgate([command, "--kubeconfig", cluster.kubeconfig, ...args]);
  const ok = (command: string, ...args: string[]): CommandResult => {
    const run = sandgate(command, ...args);
    expect([run.status, run.status === 0 ? "" : run.stderr]).toEqual([0, ""]);
    return run;
  };

  it("makes a sandbox and waits until it is ready", () => {
    const { stderr } = ok("create", "alice/box", "--image", SANDBOX_IMAGE);
    expect(stderr).toMatch(/^created alice\/box in namespace default$/m);
    expect(stderr).toMatch(/^alice\/box is ready$/m);
  });

  it("lists and shows it", () => {
    expect(ok("list").stdout).toMatch(/^alice\/box +default +Ready +DependenciesReady +\d+s$/m);
    const { stdout } = ok("get", "alice/box");
    expect(stdout).toMatch(/^State: +Ready/m);
    expect(stdout).toMatch(/^Pod: +box$/m);
    const [entry] = JSON.parse(ok("list", "-o", "json").stdout) as [{ address: string; state: string }];
    expect(entry).toMatchObject({ address: "alice/box", state: "Ready" });
  });

  it("runs commands in it, and prints what it wrote", () => {
    const run = sandgate("exec", "alice/box", "--", "node", "-e", "console.log(6 * 7); process.exit(3)");
    expect([run.status, run.stdout]).toEqual([3, "42\n"]);
    expect(ok("logs", "alice/box").stdout).toContain("8888");
  });

  it("deletes it and waits until it is gone", () => {
    expect(ok("delete", "alice/box").stderr).toBe("deleted alice/box\n");
    expect(sandgate("get", "alice/box").stderr).toContain("No sandbox alice/box");
  });
});
