import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EVENTS, NODES, PERSISTENT_VOLUME_CLAIMS, CONFIG_MAPS, PODS, SECRETS } from "@sandgate/kube";
import type { Container } from "@sandgate/contract";
import { isOver, isReady, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

async function remove(name: string, gracePeriodSeconds?: number): Promise<void> {
  await node.client.delete(PODS, { namespace: NAMESPACE, name }, { gracePeriodSeconds });
}

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

describe("the node", () => {
  test("is registered with an address, what it has, and its state", async () => {
    const seen = await node.client.get(NODES, { name: "sandgate" });
    expect(seen.status?.addresses?.[0]?.type).toBe("InternalIP");
    expect(seen.status?.conditions?.find((one) => one["type"] === "Ready")?.["status"]).toBe("True");
    expect(seen.status?.capacity?.["cpu"]).toBeDefined();
  });

  test("refuses what it cannot do as asked, by the field's path", async () => {
    const refused = {
      "spec.hostNetwork": { hostNetwork: true },
      "spec.hostPID": { hostPID: true },
      "spec.hostIPC": { hostIPC: true },
      "spec.volumes[0].hostPath": { volumes: [{ name: "a", hostPath: { path: "/" } }] },
      "spec.volumes[0].projected.sources[0].serviceAccountToken": {
        volumes: [{ name: "a", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      },
      "spec.securityContext.sysctls": {
        securityContext: { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] },
      },
      "spec.containers[0].securityContext.privileged": {
        containers: [{ securityContext: { privileged: true } }],
      },
      "spec.containers[0].securityContext.allowPrivilegeEscalation": {
        containers: [{ securityContext: { allowPrivilegeEscalation: true } }],
      },
      "spec.containers[0].securityContext.capabilities.add": {
        containers: [{ securityContext: { capabilities: { add: ["NET_ADMIN"] } } }],
      },
      "spec.containers[0].securityContext.procMount": {
        hostUsers: false,
        containers: [{ securityContext: { procMount: "Unmasked" } }],
      },
      "spec.containers[0].securityContext.seccompProfile.type": {
        containers: [{ securityContext: { seccompProfile: { type: "Unconfined" } } }],
      },
      "spec.containers[0].ports[0].hostPort": {
        containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }],
      },
      "spec.containers[0].livenessProbe.grpc": {
        containers: [{ livenessProbe: { grpc: { port: 1 } } }],
      },
    };
    for (const [index, [field, spec]] of Object.entries(refused).entries()) {
      const name = `refused-${index}`;
      await node.script(name, "true", spec);
      const pod = await node.until(name, (one) => one.status?.phase === "Failed");
      expect(pod.status?.reason).toBe("SandgateUnsupported");
      expect(pod.status?.message).toContain(field);
    }
  });

  test("says of another image what it can run", async () => {
    await node.script("image", "true", { containers: [{ image: "docker.io/library/nginx:1" }] });
    const pod = await node.until(
      "image",
      (one) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ErrImageNeverPull",
    );
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain("sandgate.dev/runtime");
  });
});

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
    await Promise.all([remove("one"), remove("two"), node.gone("one"), node.gone("two")]);
  });

  test("is asked to end, and made to after its grace", async () => {
    await node.script("gentle", `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done`);
    await node.script("deaf", `trap '' TERM; echo up; while :; do sleep 0.05; done`);
    await Promise.all([node.until("gentle", isReady), node.until("deaf", isReady)]);
    await Promise.all(["gentle", "deaf"].map((name) => node.untilLog(name, "up")));
    const began = Date.now();
    await remove("gentle", 20);
    await node.gone("gentle");
    expect(Date.now() - began).toBeLessThan(5000);
    await remove("deaf", 1);
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
    await remove("crash", 0);
  });

  test("past its deadline is failed", async () => {
    await node.script("late", "sleep 1000", { activeDeadlineSeconds: 1 });
    const pod = await node.until("late", (one) => one.status?.phase === "Failed");
    expect(pod.status?.reason).toBe("DeadlineExceeded");
    await node.script("never-late", "true", { activeDeadlineSeconds: 2_147_483_647 });
    expect((await node.until("never-late", isOver)).status?.phase).toBe("Succeeded");
  });

  test("is ready when its probes say so, and restarted when it is not alive", async () => {
    await node.script("probed", "sleep 0.3; touch /tmp/ready; exec sleep 1000", {
      restartPolicy: "Always",
      containers: [
        {
          startupProbe: {
            exec: { command: ["test", "-e", "/tmp/ready"] },
            periodSeconds: 1,
            failureThreshold: 30,
          },
          livenessProbe: {
            exec: { command: ["test", "-e", "/tmp/ready"] },
            periodSeconds: 1,
            failureThreshold: 1,
          },
        },
      ],
    });
    await node.until("probed", isReady);
    await node.exec("probed", ["rm", "/tmp/ready"]);
    const pod = await node.until(
      "probed",
      (one) => (one.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBeGreaterThan(0);
    await remove("probed", 0);
  });

  test("with a probe that no request can carry is not ready, and nothing else happens", async () => {
    await node.script("odd-probe", "sleep 1000", {
      containers: [{ readinessProbe: { httpGet: { port: "nothing", path: "/a b" } } }],
    });
    const pod = await node.until("odd-probe", (one) => one.status?.phase === "Running");
    expect(isReady(pod)).toBe(false);
    await remove("odd-probe", 0);
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
    await remove("hooks", 20);
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
    await remove("talks", 0);
    await node.gone("talks");
  });

  test("with a read-only root can write to its volumes only", async () => {
    await node.script("readonly", "touch /workspace/x || echo no; touch /data/deep/x && echo yes", {
      volumes: [
        { name: "data", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "outer", emptyDir: {} },
      ],
      containers: [
        {
          securityContext: { readOnlyRootFilesystem: true },
          // The inner one first: the order in the pod is not the order of mounting.
          volumeMounts: [
            { name: "data", mountPath: "/data/deep" },
            { name: "outer", mountPath: "/data" },
          ],
        },
      ],
    });
    await node.until("readonly", isOver);
    const log = await node.logs("readonly");
    expect(log).toContain("no\n");
    expect(log).toContain("yes\n");
  });

  test("sees ConfigMaps, Secrets and itself as files and variables, and waits for what is missing", async () => {
    await node.script("config", `cat /config/a /all/secret /all/name; echo; echo "$A $B $C $NAME"`, {
      volumes: [
        { name: "config", configMap: { name: "settings" } },
        {
          name: "all",
          projected: {
            sources: [
              { secret: { name: "keys", items: [{ key: "k", path: "secret" }] } },
              { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
            ],
          },
        },
      ],
      containers: [
        {
          envFrom: [{ configMapRef: { name: "env" } }],
          env: [
            { name: "B", value: "$(A)-b" },
            { name: "C", valueFrom: { secretKeyRef: { name: "keys", key: "k" } } },
            { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          ],
          volumeMounts: [
            { name: "config", mountPath: "/config" },
            { name: "all", mountPath: "/all" },
          ],
        },
      ],
    });
    await node.until("config", (one) => one.status?.phase === "Pending" && one.status.podIP !== undefined);
    const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace: NAMESPACE });
    await node.client.create(CONFIG_MAPS, { metadata: metadata("settings"), data: { a: "file " } });
    await node.client.create(CONFIG_MAPS, { metadata: metadata("env"), data: { A: "a" } });
    await node.client.create(SECRETS, { metadata: metadata("keys"), data: { k: "c2VjcmV0IA==" } });
    await node.until("config", isOver);
    expect(await node.logs("config")).toBe("file secret config\na a-b secret  config\n");
  });

  test("mounts one file or folder of a volume by its subPath, of a ConfigMap too", async () => {
    await node.client.create(CONFIG_MAPS, {
      metadata: { name: "parts", namespace: NAMESPACE },
      data: { one: "first ", two: "second " },
    });
    const items = [
      { key: "one", path: "one" },
      { key: "two", path: "deep/two" },
    ];
    await node.script(
      "parts",
      "cat /opt/one /opt/deep/two; ls /opt/made; touch /opt/one 2>/dev/null || echo read-only",
      {
        volumes: [
          { name: "config", configMap: { name: "parts", items } },
          { name: "data", emptyDir: {} },
        ],
        containers: [
          {
            env: [{ name: "WHICH", value: "deep" }],
            volumeMounts: [
              { name: "config", mountPath: "/opt/one", subPath: "one" },
              { name: "config", mountPath: "/opt/deep", subPathExpr: "$(WHICH)" },
              { name: "data", mountPath: "/opt/made", subPath: "not/there/yet" },
            ],
          },
        ],
      },
    );
    await node.until("parts", isOver);
    expect(await node.logs("parts")).toBe("first second read-only\n");
  });

  test("keeps a claim's files for the next pod; they go with the claim", async () => {
    const name = "disk";
    await node.client.create(PERSISTENT_VOLUME_CLAIMS, {
      metadata: { name, namespace: NAMESPACE },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const volumes = [{ name: "d", persistentVolumeClaim: { claimName: name } }];
    const containers = [{ volumeMounts: [{ name: "d", mountPath: "/workspace" }] }];
    await node.script("writer", "echo kept > file; ln -s / out", { volumes, containers });
    await node.until("writer", isOver);
    await remove("writer", 0);
    await node.gone("writer");
    await node.script("reader", "cat file; echo more >> file; ls out/node 2>&1 | head -1", {
      volumes,
      containers,
    });
    await node.until("reader", isOver);
    expect(await node.logs("reader")).toMatch(/^kept\nls: cannot access/);
    await remove("reader", 0);
    const claim = await node.client.get(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name });
    expect(claim.status).toMatchObject({ phase: "Bound", capacity: { storage: "1Gi" } });
    const folder = `${node.dataDir}/node/claims/${claim.metadata.uid}`;
    expect(existsSync(folder)).toBe(true);
    await node.gone("reader");
    await node.client.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name });
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
  });

  test("answers exec with the command's own code and streams, with or without a terminal", async () => {
    await node.script("exec", "sleep 1000");
    await node.until("exec", isReady);
    expect(await node.exec("exec", ["sh", "-c", "echo a; echo b >&2; exit 42"])).toEqual({
      exitCode: 42,
      stdout: "a\n",
      stderr: "b\n",
    });
    const killed = await node.exec("exec", ["sh", "-c", "kill -9 $$"]);
    expect(killed.exitCode).toBe(137);
    const long = "x".repeat(60_000);
    expect((await node.exec("exec", ["printf", "%s", long])).stdout).toBe(long);
    const zeros = await node.exec("exec", ["head", "-c", "3000000", "/dev/zero"]);
    expect(zeros.stdout).toHaveLength(3_000_000);
    // What the command leaves running, and printing, is not waited for: slowly or as fast as it can.
    const slow = `python3 -uc 'import time\nwhile True: print(); time.sleep(0.005)'`;
    for (const left of [slow, "yes"]) {
      const { exitCode, stdout } = await node.exec("exec", [
        "sh",
        "-c",
        `${left} & sleep 0.4; echo end; exit 5`,
      ]);
      expect(exitCode).toBe(5);
      expect(stdout).toContain("end\n");
      if (left === slow) expect(stdout.length).toBeLessThan(1_000);
    }
    const missing = await node.exec("exec", ["no-such-command"]).catch((error: Error) => error);
    expect(missing instanceof Error ? 127 : missing.exitCode).toBe(127);
    await remove("exec", 0);
  });
});

describe("a container with a terminal", () => {
  test("has one, and nothing that the host's shell would say or leave open", async () => {
    await node.script(
      "tty",
      `test -t 0 && test -t 1 && echo terminal; python3 -c 'import os; print(len(os.listdir("/proc/self/fd")))'`,
      {
        containers: [{ tty: true, stdin: true }],
      },
    );
    await node.until("tty", isOver);
    // Three and the one that lists them.
    expect((await node.logs("tty")).replaceAll("\r", "")).toBe("terminal\n4\n");
    await node.script("stdin", "cat; echo end", { containers: [{ stdin: true, stdinOnce: true }] });
    await node.until("stdin", isReady);
    expect(await node.logs("stdin")).toBe("");
    await remove("stdin", 0);
  });
});

describe("a node that starts again", () => {
  test("restarts what should run, and says of the rest that it is lost", async () => {
    await node.script("always", "exec sleep 1000", { restartPolicy: "Always" });
    await node.script("never", "exec sleep 1000");
    await Promise.all([node.until("always", isReady), node.until("never", isReady)]);
    await node.restartNode();
    const always = await node.until(
      "always",
      (one) => isReady(one) && one.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(always.status?.phase).toBe("Running");
    const never = await node.until("never", isOver);
    expect(never.status?.phase).toBe("Failed");
    expect(never.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 255,
      reason: "ContainerStatusUnknown",
    });
    await Promise.all([remove("always", 0), remove("never", 0)]);
  });

  test("leaves nothing behind on the host when it has ended", async () => {
    const other = await openTestNode();
    await other.script("left", "exec sleep 77777");
    await other.until("left", isReady);
    const before = readdirSync("/run/netns").length;
    expect(before).toBeGreaterThan(0);
    const folder = other.dataDir;
    await other.close();
    expect(execFileSync("ps", ["-e", "-o", "args="], { encoding: "utf8" })).not.toContain("sleep 77777");
    expect(execFileSync("mount", { encoding: "utf8" })).not.toContain(folder);
  });
});
