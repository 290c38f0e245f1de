import type { NormalSandbox } from "@sandgate/contract";
import type { PodView, SandboxEntry } from "@sandgate/kube";
import { describe, expect, it } from "vitest";
import { isDialable } from "./dialable.ts";
import { portOf } from "./port-of.ts";
import { createRouteTable } from "./route-table.ts";
import { mayClaim } from "./user-namespaces.ts";

function entry(change: Partial<NormalSandbox> = {}, pod: Partial<PodView> = {}): SandboxEntry {
  const sandbox: NormalSandbox = {
    namespace: "default",
    name: "box",
    uid: "u1",
    resourceVersion: "1",
    createdAtMs: 1,
    labels: { user: "alice" },
    annotations: {},
    desired: "Running",
    deleting: false,
    conditions: [],
    podIps: [],
    service: null,
    serviceFqdn: null,
    ports: [],
    podName: "box",
    shutdownAtMs: null,
    ...change,
  };
  return {
    sandbox,
    pod: {
      uid: "p1",
      resourceVersion: "1",
      name: "box",
      namespace: sandbox.namespace,
      sandboxUid: sandbox.uid,
      podIps: ["10.88.0.2"],
      hostIps: ["10.88.0.1"],
      hostNetwork: false,
      ready: true,
      deleting: false,
      phase: "Running",
      reason: "",
      message: "",
      ...pod,
    },
    state: { state: "Ready", reason: "DependenciesReady", message: "" },
  };
}

const table = (userNamespaces?: string): ReturnType<typeof createRouteTable> =>
  createRouteTable({ userLabel: "user", userNamespaces });

describe("the route table", () => {
  it("keeps what is counted of a sandbox when it changes, and the connections to its pod until that is another", () => {
    const routes = table();
    routes.put("u1", entry());
    const first = routes.find("alice", "box")!;
    first.use = { requests: 2 };
    first.dialled = [];
    routes.put("u1", entry({ resourceVersion: "2", labels: { user: "bob" } }));
    const moved = routes.find("bob", "box")!;
    expect(moved.use).toBe(first.use);
    expect(moved.dialled).toBe(first.dialled);
    routes.put("u1", entry({ resourceVersion: "3", labels: { user: "bob" } }, { uid: "p2" }));
    const remade = routes.find("bob", "box")!;
    expect(remade.use).toBe(first.use);
    expect(remade.dialled).toBeNull();
    routes.put("u1", undefined);
    routes.put("u9", entry({ uid: "u9" }));
    expect(routes.find("alice", "box")!.use).toBeNull();
  });

  it("finds a sandbox by user and name, and the default user's without a label", () => {
    const routes = table();
    routes.put("u1", entry());
    routes.put("u2", entry({ uid: "u2", labels: {}, name: "other" }));
    expect(routes.find("alice", "box")?.podIps).toEqual(["10.88.0.2"]);
    expect(routes.find("default", "other")?.sandboxUid).toBe("u2");
    expect(routes.find("bob", "box")).toBeUndefined();
    routes.put("u1", undefined);
    expect(routes.find("alice", "box")).toBeUndefined();
    expect(routes.size).toBe(1);
  });

  it("finds the Sandbox object of a name whatever became of its address", () => {
    const routes = table("agents-{user}");
    routes.put("u1", entry());
    expect(routes.find("alice", "box")?.state).toBe("Conflict");
    expect(routes.findNamed("default", "box")).toMatchObject({ state: "Ready", user: "alice", owner: null });
    routes.put("u2", entry({ uid: "u2", namespace: "agents-alice" }));
    expect(routes.findNamed("agents-alice", "box")).toMatchObject({ sandboxUid: "u2", owner: "alice" });
    expect(routes.findNamed("agents-bob", "box")).toBeUndefined();
  });

  it("takes the object that has a name now, in whatever order the end of the one before is told", () => {
    const routes = table();
    routes.put("u1", entry());
    routes.put("u2", entry({ uid: "u2" }));
    routes.put("u1", undefined);
    expect(routes.findNamed("default", "box")?.sandboxUid).toBe("u2");
    routes.put("u2", undefined);
    expect(routes.findNamed("default", "box")).toBeUndefined();
  });

  it("tells followers of a name what happens under it, until they end it", () => {
    const routes = table();
    let told = 0;
    const end = routes.follow("default", "box", () => told++);
    routes.put("u1", entry());
    routes.put("u1", entry({ labels: {} }));
    routes.put("u2", entry({ uid: "u2", name: "other" }));
    routes.put("u1", undefined);
    expect(told).toBe(3);
    end();
    routes.put("u1", entry());
    expect(told).toBe(3);
  });

  it("follows a sandbox whose user changes", () => {
    const routes = table();
    routes.put("u1", entry());
    routes.put("u1", entry({ labels: { user: "bob" } }));
    expect(routes.find("alice", "box")).toBeUndefined();
    expect(routes.find("bob", "box")?.sandboxUid).toBe("u1");
  });

  it.each([
    [1, 2],
    [2, 1],
  ])("gives a contested address to the older, in whatever order they appear", (first, second) => {
    const routes = table();
    for (const age of [first, second]) {
      routes.put(`u${age}`, entry({ uid: `u${age}`, createdAtMs: age, namespace: `ns${age}` }));
    }
    expect(routes.find("alice", "box")?.sandboxUid).toBe("u1");
    expect([...routes.list()].find((route) => route.sandboxUid === "u2")?.state).toBe("Conflict");
  });

  it("never lets the younger inherit the address, but one made later may have it", () => {
    const routes = table();
    routes.put("u1", entry());
    routes.put("u2", entry({ uid: "u2", createdAtMs: 2, namespace: "ns2" }));
    routes.put("u1", undefined);
    routes.put("u2", entry({ uid: "u2", createdAtMs: 2, namespace: "ns2", resourceVersion: "9" }));
    expect(routes.find("alice", "box")).toMatchObject({ sandboxUid: "u2", state: "Conflict" });
    routes.put("u3", entry({ uid: "u3", createdAtMs: 3 }));
    expect(routes.find("alice", "box")).toMatchObject({ sandboxUid: "u3", state: "Ready" });
  });

  it("refuses a claim from a namespace that the pattern does not allow", () => {
    const routes = table("agents-{user}");
    routes.put("u1", entry({ namespace: "agents-bob" }));
    expect(routes.find("alice", "box")?.state).toBe("Conflict");
    routes.put("u2", entry({ uid: "u2", createdAtMs: 2, namespace: "agents-alice" }));
    expect(routes.find("alice", "box")?.sandboxUid).toBe("u2");
  });

  it("has no address to dial for a foreign pod, one on the host's network, or the host itself", () => {
    for (const pod of [
      { sandboxUid: "other" },
      { hostNetwork: true },
      { podIps: ["10.88.0.1", "127.0.0.1", "169.254.169.254"] },
    ]) {
      const routes = table();
      routes.put("u1", entry({}, pod));
      expect(routes.find("alice", "box")?.podIps).toEqual([]);
    }
  });
});

describe("isDialable", () => {
  it.each([
    "0.0.0.0",
    "127.1.2.3",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "fe80::1",
    "ff02::1",
    "10.0.0.9",
    "box",
    "",
  ])("refuses %j", (ip) => {
    expect(isDialable(ip, ["10.0.0.9"])).toBe(false);
  });
  it.each(["10.0.0.1", "192.168.1.1", "172.16.3.4", "fd00::1", "2001:db8::1"])("takes %s", (ip) => {
    expect(isDialable(ip, ["10.0.0.9"])).toBe(true);
  });
});

describe("portOf", () => {
  it.each([
    [{ annotatedPort: null, declaredPorts: [] }, undefined, 8888],
    [{ annotatedPort: null, declaredPorts: [8888, 9000] }, undefined, 8888],
    [{ annotatedPort: null, declaredPorts: [3000] }, undefined, 3000],
    [{ annotatedPort: 7000, declaredPorts: [3000, 4000] }, undefined, 7000],
    [{ annotatedPort: 7000, declaredPorts: [] }, 5000, 5000],
  ])("chooses for %j and %j", (route, asked, port) => {
    expect(portOf(route, asked, 8888)).toBe(port);
  });

  it("lists the ports where it cannot choose", () => {
    expect(() => portOf({ annotatedPort: null, declaredPorts: [3000, 4000] }, undefined, 8888)).toThrow(
      "3000, 4000",
    );
  });
});

describe("mayClaim", () => {
  it.each([
    [undefined, true],
    ["*", true],
    ["agents-{user}", true],
    ["agents-*", true],
    ["agents", false],
    ["agents.{user}", false],
    ["team-{user}", false],
  ])("with the pattern %s", (pattern, allowed) => {
    expect(mayClaim(pattern, "alice", "agents-alice")).toBe(allowed);
  });

  it("takes the user literally", () => {
    expect(mayClaim("{user}", "a.c", "abc")).toBe(false);
  });
});
