/** The same requests to upstream's router and to ours, both fed by one API server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GATEWAY_KEYS, LABEL_SANDBOX_NAME_HASH, loadConfig, silentLogger } from "@sandgate/contract";
import { startApiServer, type EmbeddedApiServer } from "@sandgate/embedded";
import { ROUTER_DIFFERENCES, type RouterDifferenceId } from "@sandgate/gateway";
import { createKubeClient, NAMESPACES, PODS, SANDBOXES, type KubeClient } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGateway } from "../../../packages/cli/src/up/run-gateway.ts";
import { ask, type Ask, type Outcome } from "./ask.ts";
import { CORPUS, IPS, LOST_NETWORK, POD_NETWORK, type Case, type Expected, type Uids } from "./corpus.ts";
import { openPodAddresses, type PodAddresses } from "./pod-addresses.ts";
import { createPodWithAddress, createRoutedSandbox } from "./routed-sandboxes.ts";
import { startUpstreamRouter } from "./upstream-router.ts";

const FIRST_BYTE_MS = 1_000;
const closers: (() => Promise<void> | void)[] = [];
let upstream = "";
let sandgate = "";
let client: KubeClient;
let addresses: PodAddresses;
const uids: Uids = { box: "", member: "", claimed: "" };

beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandgate-router-"));
  closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const api = await startApiServer({ dataDir, logger: silentLogger });
  closers.push(() => api.close());
  client = createKubeClient(api.access("admin"));
  closers.push(() => client.close());
  addresses = await openPodAddresses(`${LOST_NETWORK}.0/24`);
  closers.push(() => addresses.close());
  await makeSandboxes();
  ({ upstream, sandgate } = await startRouters(api));
});

afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

async function makeSandboxes(): Promise<void> {
  await client.create(NAMESPACES, { metadata: { name: "team" } });
  const make = async (one: Parameters<typeof createRoutedSandbox>[1]): Promise<string> =>
    (await createRoutedSandbox(client, one)).metadata.uid;
  uids.box = await make({ name: "box", ip: IPS.box });
  await make({ name: "box", namespace: "team", ip: IPS.team });
  await make({ name: "old", ip: IPS.old, podName: "pool-adopted" });
  await make({ name: "unready", ip: IPS.unready, ready: false });
  await make({ name: "leaving", ip: IPS.leaving, terminating: true });
  await make({ name: "suspended", ip: IPS.suspended, suspended: true });
  await make({ name: "podless" });
  await make({ name: "deaf", ip: IPS.deaf });
  await make({ name: "lost", ip: IPS.lost });
  await make({ name: "six", ip: IPS.six });
  uids.member = await make({ name: "pool-member", ip: IPS.member, pool: "91dd7983" });
  uids.claimed = await make({ name: "pool-claimed", ip: IPS.claimed });
  const spec = { containers: [{ name: "main", image: "none" }], nodeName: "none" };
  const labels = { [LABEL_SANDBOX_NAME_HASH]: "12345678" };
  const stranger = { metadata: { name: "stranger", namespace: "default", labels }, spec };
  await createPodWithAddress(client, stranger, IPS.stranger, true);
  const names = { box: "box", team: "team/box", old: "old", unready: "unready", leaving: "leaving" } as const;
  for (const [key, name] of Object.entries(names))
    await addresses.serve(name, IPS[key as keyof typeof names]);
  await addresses.serve("suspended", IPS.suspended);
  await addresses.serve("pool-member", IPS.member);
  await addresses.serve("pool-claimed", IPS.claimed);
  await addresses.serve("stranger", IPS.stranger);
  await addresses.serve("six", IPS.six);
  await addresses.serve("box:9000", IPS.box, 9000);
  // An address of this machine where nothing listens on the sandboxes' port.
  await addresses.serve("deaf", IPS.deaf, 1);
}

async function startRouters(api: EmbeddedApiServer): Promise<{ upstream: string; sandgate: string }> {
  const { values } = loadConfig(GATEWAY_KEYS, {
    flags: { port: 0, routerPort: 0, firstByteTimeoutMs: FIRST_BYTE_MS },
  });
  const running = await runGateway({
    access: api.access("gateway"),
    config: values,
    logger: silentLogger,
    near: true,
  });
  closers.push(() => running.close());
  await running.synced;
  const theirs = await startUpstreamRouter({
    kubeconfig: api.kubeconfigPath,
    responseHeaderTimeoutMs: FIRST_BYTE_MS,
  });
  closers.push(() => theirs.close());
  return { upstream: theirs.url, sandgate: running.gateway.routerUrl ?? "" };
}

async function both(request: Ask): Promise<[upstream: Outcome, sandgate: Outcome]> {
  return Promise.all([ask(upstream, request), ask(sandgate, request)]);
}

function requestOf(one: Case): Ask {
  return typeof one.ask === "function" ? one.ask(uids) : one.ask;
}

/** An outcome without what may differ: which text follows upstream's, and the port in its own address. */
function comparable(outcome: Outcome, url: string): unknown {
  const { headers: _all, detail: _text, seen, ...rest } = outcome;
  const { host } = new URL(url);
  return {
    ...rest,
    seen: seen === undefined ? null : JSON.parse(JSON.stringify(seen).replaceAll(host, "router")),
  };
}

function summary({ status, seen }: Outcome): Expected {
  return { status, by: seen?.by ?? null };
}

describe("both routers do the same for", () => {
  // Most of the time is spent waiting, by both, for what does not come.
  it.concurrent.each(CORPUS.filter((one) => one.differs === undefined))("$name", async (one) => {
    const [theirs, ours] = await both(requestOf(one));
    expect(comparable(ours, sandgate)).toEqual(comparable(theirs, upstream));
    if (theirs.detail !== undefined) expect(ours.detail?.startsWith(theirs.detail)).toBe(true);
  });
});

describe("they differ as documented for", () => {
  it.concurrent.each(CORPUS.filter((one) => one.differs !== undefined))(
    "$name ($differs.id)",
    async (one) => {
      const [theirs, ours] = await both(requestOf(one));
      expect({ upstream: summary(theirs), sandgate: summary(ours) }).toEqual({
        upstream: one.differs?.upstream,
        sandgate: one.differs?.sandgate,
      });
      expect(comparable(ours, sandgate)).not.toEqual(comparable(theirs, upstream));
      if (ours.seen === undefined) expect(ours.shape).toBe("detail");
    },
  );

  it("what the sandbox sees (headers)", async () => {
    const headers = [
      ["X-Sandbox-ID", "box"],
      ["X-Real-IP", "6.6.6.6"],
      ["X-Request-ID", "mine"],
    ] as const;
    const [theirs, ours] = await both({ headers });
    expect(theirs.headers).toMatchObject({
      "x-sandbox-id": "box",
      "x-real-ip": "6.6.6.6",
      "x-request-id": "mine",
    });
    expect(Object.keys(ours.headers ?? {})).not.toEqual(expect.arrayContaining(["x-sandbox-id"]));
    expect(ours.headers).not.toHaveProperty("x-real-ip");
    expect(ours.headers?.["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("a sandbox that refuses connections (retry)", async () => {
    const took = async (url: string): Promise<number> => {
      const began = performance.now();
      expect((await ask(url, { headers: [["X-Sandbox-ID", "deaf"]] })).status).toBe(502);
      return performance.now() - began;
    };
    expect(await took(upstream)).toBeGreaterThan(1_300);
    expect(await took(sandgate)).toBeLessThan(1_000);
  });
});

describe("the table of differences", () => {
  it("holds nothing that was not seen", () => {
    const seen = new Set<RouterDifferenceId>(["headers", "retry"]);
    for (const { differs } of CORPUS) if (differs !== undefined) seen.add(differs.id);
    expect([...seen].toSorted()).toEqual(Object.keys(ROUTER_DIFFERENCES).toSorted());
  });
});

describe("both routers follow", () => {
  it("a sandbox that is made anew under its name, at another address", async () => {
    const request: Ask = { headers: [["X-Sandbox-ID", "anew"]] };
    const byBoth = async (): Promise<unknown[]> =>
      (await both(request)).map((one) => one.seen?.by ?? one.status);
    await addresses.serve("first", `${POD_NETWORK}.21`);
    await addresses.serve("second", `${POD_NETWORK}.22`);
    await createRoutedSandbox(client, { name: "anew", ip: `${POD_NETWORK}.21` });
    await expect.poll(byBoth, { timeout: 10_000 }).toEqual(["first", "first"]);
    await client.delete(PODS, { namespace: "default", name: "anew" }, { gracePeriodSeconds: 0 });
    await client.delete(SANDBOXES, { namespace: "default", name: "anew" });
    await expect.poll(byBoth, { timeout: 10_000 }).toEqual([502, 502]);
    await createRoutedSandbox(client, { name: "anew", ip: `${POD_NETWORK}.22` });
    await expect.poll(byBoth, { timeout: 10_000 }).toEqual(["second", "second"]);
  });

  it("a pool's member that a claim takes", async () => {
    const request: Ask = { headers: [["X-Sandbox-ID", "pool-taken"]] };
    await addresses.serve("taken", `${POD_NETWORK}.23`);
    await createRoutedSandbox(client, { name: "pool-taken", ip: `${POD_NETWORK}.23`, pool: "91dd7983" });
    expect((await both(request)).map((one) => one.status)).toEqual([502, 502]);
    const body = { metadata: { labels: { "agents.x-k8s.io/warm-pool-sandbox": null } } };
    const key = { namespace: "default", name: "pool-taken" };
    await client.patch(SANDBOXES, key, { type: "merge", body });
    await client.patch(PODS, key, { type: "merge", body });
    await expect
      .poll(async () => (await both(request)).map((one) => one.seen?.by ?? one.status), { timeout: 10_000 })
      .toEqual(["taken", "taken"]);
  });
});
