import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Container } from "@sandgate/contract";
import { EVENTS, NODES } from "@sandgate/kube";
import { isOver, isReady, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

function server(text: string): Partial<Container> {
  return {
    name: "main",
    command: [
      "python3",
      "-c",
      `import http.server as h
class A(h.BaseHTTPRequestHandler):
    def do_GET(s):
        s.send_response(200); s.end_headers(); s.wfile.write(b"${text}")
h.HTTPServer(("",8888),A).serve_forever()`,
    ],
    readinessProbe: { httpGet: { port: 8888, path: "/" } },
  };
}

describe("a pod", () => {
  test("runs to its end with its code, its words and its events", async () => {
    await node.script("ends", "echo out; echo err >&2; echo -n why > /dev/termination-log; exit 3");
    const pod = await node.until("ends", isOver);
    expect(pod.status?.phase).toBe("Failed");
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 3,
      reason: "Error",
      message: "why",
    });
    const log = await node.logs("ends");
    expect(log.split("\n").toSorted()).toEqual(["", "err", "out"]);
    const { items } = await node.client.list(EVENTS, { namespace: NAMESPACE });
    expect(items.map((one) => (one as unknown as { reason: string }).reason)).toContain("Started");
  });

  test("whose command is not there, cannot be run or has no folder ends as a container runtime says", async () => {
    const commands: Record<string, [Partial<Container>, string]> = {
      missing: [{ command: ["/no/such"] }, "No such file"],
      folder: [{ command: ["/usr"] }, "Permission denied"],
    };
    for (const [name, [container, words]] of Object.entries(commands)) {
      await node.script(`start-${name}`, "", { containers: [container] });
      const pod = await node.until(`start-${name}`, isOver);
      const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
      expect(ended).toMatchObject({ exitCode: 128, reason: "StartError" });
      expect(ended?.message).toContain(words);
    }
    await node.script("workdir", "pwd", { containers: [{ workingDir: "/srv/made/here" }] });
    await node.until("workdir", isOver);
    expect(await node.logs("workdir")).toBe("/srv/made/here\n");
  });

  test("has a network of its own: two serve the same port and cannot reach each other", async () => {
    await node.create("one", { containers: [server("first") as Container] });
    await node.create("two", { containers: [server("second") as Container] });
    const [one, two] = await Promise.all([node.until("one", isReady), node.until("two", isReady)]);
    const ips = [one.status?.podIP ?? "", two.status?.podIP ?? ""];
    const texts = await Promise.all(ips.map(async (ip) => (await fetch(`http://${ip}:8888/`)).text()));
    expect(texts).toEqual(["first", "second"]);
    const reach = await node.exec("one", [
      "python3",
      "-c",
      `import socket; socket.create_connection(("${ips[1]}",8888),timeout=0.7)`,
    ]);
    expect(reach.exitCode).toBe(1);
    await Promise.all([node.remove("one"), node.remove("two"), node.gone("one"), node.gone("two")]);
  });

  test("is asked to end, and made to after its grace", async () => {
    await node.script("gentle", `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done`);
    await node.script("deaf", `trap '' TERM; echo up; while :; do sleep 0.05; done`);
    await Promise.all([node.until("gentle", isReady), node.until("deaf", isReady)]);
    await Promise.all(["gentle", "deaf"].map((name) => node.untilLog(name, "up")));
    const began = Date.now();
    await node.remove("gentle", 20);
    await node.gone("gentle");
    expect(Date.now() - began).toBeLessThan(5000);
    await node.remove("deaf", 1);
    await node.gone("deaf");
  });

  test("is restarted, the first time at once, then later and later; its last words stay", async () => {
    await node.script("crash", "echo run; exit 7", { restartPolicy: "Always" });
    const pod = await node.until(
      "crash",
      (one) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
    );
    const status = pod.status?.containerStatuses?.[0];
    expect(status?.restartCount).toBe(1);
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 7, reason: "Error" });
    expect(status?.state?.waiting?.message).toContain("back-off 10s");
    expect(pod.status?.phase).toBe("Running");
    expect(await node.logs("crash", { previous: true })).toBe("run\n");
    await node.remove("crash", 0);
  });

  test("past its deadline is failed", async () => {
    await node.script("late", "sleep 1000", { activeDeadlineSeconds: 1 });
    const pod = await node.until("late", (one) => one.status?.phase === "Failed");
    expect(pod.status?.reason).toBe("DeadlineExceeded");
    await node.script("never-late", "true", { activeDeadlineSeconds: 2_147_483_647 });
    expect((await node.until("never-late", isOver)).status?.phase).toBe("Succeeded");
  });

  test("runs its init containers in order before its containers, which share its volumes", async () => {
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    const step = (name: string): Container => ({
      name,
      image: "sandgate.dev/runtime",
      command: ["sh", "-c", `echo ${name} >> /data/order`],
      volumeMounts,
    });
    await node.script("init", "cat /data/order", {
      volumes: [{ name: "data", emptyDir: {} }],
      initContainers: [step("first"), step("second")],
      containers: [{ volumeMounts }],
    });
    const pod = await node.until("init", isOver);
    expect(pod.status?.phase).toBe("Succeeded");
    expect(await node.logs("init")).toBe("first\nsecond\n");
  });

  test("has its hooks run after its start and before its end", async () => {
    await node.script("hooks", `trap 'cat /data/*; exit 0' TERM; echo up; while :; do sleep 0.05; done`, {
      volumes: [{ name: "data", emptyDir: {} }],
      containers: [
        {
          volumeMounts: [{ name: "data", mountPath: "/data" }],
          lifecycle: {
            postStart: { exec: { command: ["sh", "-c", "echo begun > /data/1"] } },
            preStop: { exec: { command: ["sh", "-c", "echo ending > /data/2"] } },
          },
        },
      ],
    });
    await node.until("hooks", isReady);
    const log = node.untilLog("hooks", "ending");
    await node.untilLog("hooks", "up");
    await node.remove("hooks", 20);
    expect(await log).toBe("up\nbegun\nending\n");
    await node.gone("hooks");

    await node.script("bad-hook", "exec sleep 1000", {
      containers: [{ lifecycle: { postStart: { exec: { command: ["false"] } } } }],
    });
    const pod = await node.until("bad-hook", isOver);
    expect(pod.status?.phase).toBe("Failed");
  });

  test("that never stops talking leaves time for others", async () => {
    await node.script("talks", "exec yes");
    await node.until("talks", isReady);
    const began = performance.now();
    for (let turn = 0; turn < 20; turn++) await node.client.get(NODES, { name: "sandgate" });
    expect(performance.now() - began).toBeLessThan(2_000);
    await node.remove("talks", 0);
    await node.gone("talks");
  });
});
