/** What the documentation tells people to type, typed: from the installation to an answer from a sandbox, and back. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLoadBalancers, type LoadBalancers } from "../cluster/load-balancers.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { guideSteps, scriptOf, waysThrough } from "./guide-steps.ts";
import { everything, untilOldPodsGone } from "./installation.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const GUIDE = "docs/guide/install.md";
const README = "README.md";
/** Those that the tests below take. */
const WAYS = {
  [GUIDE]: ["address", "address asked", "helm", "kustomize", "remove with Helm", "remove with kustomize"],
  [README]: ["readme"],
};
const ANSWER = '{"stdout":"42\\n","stderr":"","exit_code":0}';

let cluster: Cluster;
let balancers: LoadBalancers;
let terminal: Terminal;
let before: string[];

beforeAll(async () => {
  cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
  balancers = await startLoadBalancers(cluster.client, cluster.namespace);
  terminal = await openTerminal(cluster);
  before = everything(cluster);
});
afterAll(async () => {
  await balancers?.close();
  await cluster?.close();
});

/** The commands of one way through a page, typed one after another. */
const take = (page: string, way: string, where: "on the node" | "outside" = "on the node"): Promise<string> =>
  terminal.run(scriptOf(guideSteps(page, way)).replaceAll(/\bFILE\b/g, cluster.kubeconfig), where);

/** Uninstalls as the guide says. People's own sandboxes it leaves to them. */
async function remove(way: string): Promise<void> {
  cluster.kubectl(["delete", "namespace", "agents-alice", "--wait=false"]);
  await take(GUIDE, way);
  cluster.kubectl(["wait", "--for=delete", "namespace/agents-alice", "--timeout=120s"]);
  expect(everything(cluster)).toEqual(before);
}

describe("the steps of the guide", () => {
  it("with kustomize lead to an answer from a sandbox, and back", async () => {
    expect(await take(GUIDE, "kustomize")).toContain(ANSWER);
    await remove("remove with kustomize");
  }, 300_000);

  it("with Helm lead to an answer from a sandbox, under an address of its own too, and back", async () => {
    expect(await take(GUIDE, "helm")).toContain(ANSWER);
    await take(GUIDE, "address", "outside");
    await untilOldPodsGone(cluster);
    expect(await take(GUIDE, "address asked", "outside")).toContain(ANSWER);
    await remove("remove with Helm");
  }, 300_000);
});

describe("the steps of the README", () => {
  it("lead to an answer from a sandbox, and then nothing is wrong", async () => {
    const printed = await take(README, "readme");
    expect(printed).toContain(ANSWER);
    expect(printed).toContain("All is well.");
    await remove("remove with Helm");
  }, 300_000);
});

describe("the marks of the pages", () => {
  it.each([GUIDE, README] as const)("name in %s no way that is not taken here", (page) => {
    expect(waysThrough(page)).toEqual(WAYS[page]);
  });
});
