import { once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import {
  ApiextensionsV1Api,
  Attach,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  VersionApi,
  Watch,
  type KubernetesListObject,
  type KubernetesObject,
  type V1Pod,
  type V1Status,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

const SANDBOXES = { group: "agents.x-k8s.io", version: "v1beta1", namespace: "default", plural: "sandboxes" };

/** A pod of the embedded node that runs `script` in a shell. */
function shellPod(name: string, script: string, more: { stdin?: boolean } = {}): V1Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "shell", image: "sandgate.dev/runtime", command: ["sh", "-c", script], ...more }],
    },
  };
}

function sandbox(name: string): KubernetesObject & { spec: object } {
  return {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name },
    spec: {
      operatingMode: "Suspended",
      podTemplate: { spec: { containers: [{ name: "box", image: "sandgate.dev/runtime" }] } },
    },
  };
}

/** Collects lines that arrive one by one and lets a test wait for one that matches. */
function lineSink(): { stream: PassThrough; until(pattern: RegExp): Promise<string> } {
  const stream = new PassThrough();
  let all = "";
  stream.on("data", (chunk: Buffer) => {
    all += chunk.toString();
  });
  return {
    stream,
    async until(pattern) {
      while (!pattern.test(all)) await once(stream, "data");
      return all;
    },
  };
}

describe("unmodified @kubernetes/client-node", () => {
  let up: SandgateUp;
  let config: KubeConfig;
  let core: CoreV1Api;
  let custom: CustomObjectsApi;

  beforeAll(async () => {
    up = await startSandgateUp({ args: ["--demo"] });
    config = new KubeConfig();
    config.loadFromFile(up.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    custom = config.makeApiClient(CustomObjectsApi);
    await podIs("my-sandbox", (pod) => isReady(pod));
  });
  afterAll(async () => {
    await up[Symbol.asyncDispose]();
  });

  const isReady = (pod: V1Pod): boolean =>
    pod.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;

  /** Follows a pod with the library's own Watch until it is as asked. */
  async function podIs(name: string, is: (pod: V1Pod) => boolean): Promise<void> {
    const found = Promise.withResolvers<void>();
    const controller = await new Watch(config).watch(
      "/api/v1/namespaces/default/pods",
      { fieldSelector: `metadata.name=${name}` },
      (_type, pod: V1Pod) => {
        if (is(pod)) found.resolve();
      },
      (error: unknown) => found.reject(error instanceof Error ? error : new Error("the watch ended")),
    );
    await found.promise;
    controller.abort();
  }

  async function makePod(pod: V1Pod): Promise<string> {
    const made = await core.createNamespacedPod({ namespace: "default", body: pod });
    const name = made.metadata?.name ?? "";
    await podIs(name, (one) => one.status?.phase === "Running");
    return name;
  }

  async function run(
    command: string[],
    stdin?: string,
  ): Promise<{ stdout: string; stderr: string; status: V1Status }> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const input = stdin === undefined ? null : new PassThrough();
    const ended = Promise.withResolvers<V1Status>();
    const socket = await new Exec(config).exec(
      "default",
      "my-sandbox",
      "",
      command,
      stdout,
      stderr,
      input,
      false,
      (status) => ended.resolve(status),
    );
    socket.addEventListener("close", () => {
      ended.reject(new Error("the socket closed without a status"));
      stdout.end();
      stderr.end();
    });
    input?.end(stdin);
    const [out, err, status] = await Promise.all([text(stdout), text(stderr), ended.promise]);
    return { stdout: out, stderr: err, status };
  }

  it("reads the version, and lists the definitions of agent-sandbox", async () => {
    expect((await config.makeApiClient(VersionApi).getCode()).gitVersion).toMatch(/^v1\.\d+\.\d+/);
    const { items } = await config.makeApiClient(ApiextensionsV1Api).listCustomResourceDefinition();
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(
      expect.arrayContaining([
        "sandboxclaims.extensions.agents.x-k8s.io",
        "sandboxes.agents.x-k8s.io",
        "sandboxtemplates.extensions.agents.x-k8s.io",
        "sandboxwarmpools.extensions.agents.x-k8s.io",
      ]),
    );
  });

  it("creates, lists, patches and deletes a core object", async () => {
    const where = { namespace: "default", name: "settings" };
    const made = await core.createNamespacedConfigMap({
      namespace: "default",
      body: { metadata: { name: "settings", labels: { made: "here" } }, data: { a: "one", b: "two" } },
    });
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const { items } = await core.listNamespacedConfigMap({
      namespace: "default",
      labelSelector: "made=here",
    });
    expect(items.map(({ data }) => data)).toEqual([{ a: "one", b: "two" }]);
    const merged = await core.patchNamespacedConfigMap(
      { ...where, body: { data: { a: "three", b: null } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    expect(merged.data).toEqual({ a: "three" });
    const patched = await core.patchNamespacedConfigMap({
      ...where,
      body: [{ op: "replace", path: "/data/a", value: "four" }],
    });
    expect(patched.data).toEqual({ a: "four" });
    await core.deleteNamespacedConfigMap(where);
    await expect(core.readNamespacedConfigMap(where)).rejects.toMatchObject({ code: 404 });
  });

  it("creates, lists, patches and deletes a custom object", async () => {
    await custom.createNamespacedCustomObject({ ...SANDBOXES, body: sandbox("custom") });
    const list = (await custom.listNamespacedCustomObject(
      SANDBOXES,
    )) as KubernetesListObject<KubernetesObject>;
    expect(list.items.map(({ metadata }) => metadata?.name)).toEqual(
      expect.arrayContaining(["custom", "my-sandbox"]),
    );
    const patched = (await custom.patchNamespacedCustomObject(
      { ...SANDBOXES, name: "custom", body: { metadata: { labels: { tier: "gold" } } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    )) as KubernetesObject;
    expect(patched.metadata?.labels).toEqual({ tier: "gold" });
    await custom.deleteNamespacedCustomObject({ ...SANDBOXES, name: "custom" });
    await expect(custom.getNamespacedCustomObject({ ...SANDBOXES, name: "custom" })).rejects.toMatchObject({
      code: 404,
    });
  });

  it("applies on the server: its own fields twice, and a conflict over another's", async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const apply = (manager: string, tier: string, force?: boolean): Promise<KubernetesObject> =>
      objects.patch(
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "applied", namespace: "default" },
          data: { tier },
        } as KubernetesObject,
        undefined,
        undefined,
        manager,
        force,
        PatchStrategy.ServerSideApply,
      );
    const first = await apply("one", "gold");
    const again = await apply("one", "gold");
    expect(again.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    await expect(apply("two", "silver")).rejects.toMatchObject({ code: 409 });
    const forced = await apply("two", "silver", true);
    expect(forced).toMatchObject({ data: { tier: "silver" } });
    expect(forced.metadata?.managedFields?.map(({ manager }) => manager)).toEqual(["two"]);
  });

  it("sees what is added, changed and deleted through an informer", async () => {
    const list = (): Promise<KubernetesListObject<KubernetesObject>> =>
      custom.listNamespacedCustomObject(SANDBOXES) as Promise<KubernetesListObject<KubernetesObject>>;
    const informer = makeInformer(config, "/apis/agents.x-k8s.io/v1beta1/namespaces/default/sandboxes", list);
    const told: string[] = [];
    const wake = new PassThrough();
    const tell = (verb: string) => (object: KubernetesObject) => {
      if (object.metadata?.name !== "followed") return;
      told.push(`${verb} ${object.metadata.labels?.["tier"] ?? "-"}`);
      wake.write(".");
    };
    // Rejects where the informer fails, since that destroys `wake`.
    const heard = async (line: string): Promise<void> => {
      while (!told.includes(line)) await once(wake, "data");
    };
    informer.on("add", tell("add"));
    informer.on("update", tell("update"));
    informer.on("delete", tell("delete"));
    const fail = (error: unknown): void => void wake.destroy(error as Error);
    informer.on("error", fail);
    await informer.start();
    expect(informer.get("my-sandbox", "default")).toBeDefined();
    const where = { ...SANDBOXES, name: "followed" };
    await custom.createNamespacedCustomObject({ ...SANDBOXES, body: sandbox("followed") });
    await heard("add -");
    await custom.patchNamespacedCustomObject(
      { ...where, body: { metadata: { labels: { tier: "gold" } } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    await heard("update gold");
    await custom.deleteNamespacedCustomObject(where);
    await heard("delete gold");
    expect(informer.get("followed", "default")).toBeUndefined();
    // Its own stop is told as an error as well.
    informer.off("error", fail);
    await informer.stop();
  });

  it("runs a command with its input, its two outputs and its exit status", async () => {
    const counted = await run(["sh", "-c", "wc -c; echo over >&2"], "x".repeat(200_000));
    expect(counted).toMatchObject({ stdout: "200000\n", stderr: "over\n", status: { status: "Success" } });
    const failed = await run(["sh", "-c", "exit 7"]);
    expect(failed.status).toMatchObject({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "7" }] },
    });
  });

  it("attaches to a running process: its output arrives, and input reaches it", async () => {
    const name = await makePod(
      shellPod("attached", "while read line; do echo got $line; done", { stdin: true }),
    );
    const out = lineSink();
    const input = new PassThrough();
    const socket = await new Attach(config).attach("default", name, "shell", out.stream, null, input, false);
    input.write("hello\n");
    expect(await out.until(/got hello\n/)).toBe("got hello\n");
    socket.close();
    await core.deleteNamespacedPod({ name, namespace: "default", gracePeriodSeconds: 0 });
  });

  it("follows a log until its process ends", async () => {
    const name = await makePod(shellPod("talking", "echo first; read line; echo $line", { stdin: true }));
    const out = lineSink();
    await new Log(config).log("default", name, "shell", out.stream, { follow: true });
    await out.until(/^first\n$/);
    const input = new PassThrough();
    const socket = await new Attach(config).attach("default", name, "shell", null, null, input, false);
    input.write("last\n");
    await once(out.stream, "end");
    expect(await out.until(/last/)).toBe("first\nlast\n");
    socket.close();
    await core.deleteNamespacedPod({ name, namespace: "default", gracePeriodSeconds: 0 });
  });

  it("forwards a port", async () => {
    const [output, errors, input] = [lineSink(), new PassThrough(), new PassThrough()];
    const socket = await new PortForward(config).portForward(
      "default",
      "my-sandbox",
      [8888],
      output.stream,
      errors,
      input,
    );
    input.write("GET / HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n");
    expect(await output.until(/\r\n\r\n.+/s)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    if (typeof socket === "function") socket()?.close();
    else socket.close();
  });
});
