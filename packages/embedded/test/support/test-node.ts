import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { silentLogger, type Container, type Pod, type PodSpec, type Stored } from "@sandgate/contract";
import { createInformer, createKubeClient, execInPod, podLogs, PODS, type KubeClient } from "@sandgate/kube";
import { startApiServer } from "../../src/apiserver/index.ts";
import { startNode, type NodeHandle } from "../../src/node/index.ts";

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Of a pod; what is given of its first container is added to the script's. */
export type ScriptSpec = Omit<Partial<PodSpec>, "containers"> & { containers?: Partial<Container>[] };

/** An API server and a node of a test, with what a test does with pods. */
export interface TestNode {
  readonly client: KubeClient;
  readonly dataDir: string;
  /** Makes a pod on the node; the container named `main` gets the image where it has none. */
  create(name: string, spec: Partial<PodSpec>): Promise<Stored<Pod>>;
  /** A shell script as the only container of a pod. */
  script(name: string, text: string, spec?: ScriptSpec): Promise<Stored<Pod>>;
  /** Resolves with the pod as soon as the condition holds. */
  until(name: string, condition: (pod: Stored<Pod>) => boolean): Promise<Stored<Pod>>;
  /** Has a pod end. */
  remove(name: string, gracePeriodSeconds?: number): Promise<void>;
  /** Resolves when the pod is gone. */
  gone(name: string): Promise<void>;
  logs(name: string, options?: { container?: string; previous?: boolean }): Promise<string>;
  /** Reads the log as it is written, up to a line; all of it so far. */
  untilLog(name: string, line: string, container?: string): Promise<string>;
  exec(name: string, command: readonly string[], container?: string): Promise<ExecResult>;
  /** Starts the node anew on the same folder. */
  restartNode(): Promise<void>;
  close(): Promise<void>;
}

export interface TestNodeOptions {
  /** Absent: a new folder, removed at the end. */
  dataDir?: string;
  /** The node's own part of it; absent: below it. */
  nodeDir?: string;
  /** What the image runs of itself; absent: nothing useful. */
  entry?: string;
  /** Absent: false. */
  egress?: boolean;
}

export const NAMESPACE = "default";

export async function openTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "sandgate-node-"));
  const api = await startApiServer({ dataDir: join(dataDir, "api"), logger: silentLogger });
  const client = createKubeClient(api.access("admin"));
  const nodeClient = createKubeClient(api.access("node"));
  const start = (): Promise<NodeHandle> =>
    startNode({
      client: nodeClient,
      dataDir: options.nodeDir ?? join(dataDir, "node"),
      egress: options.egress ?? false,
      image: { nodeBinary: process.execPath, entry: options.entry ?? import.meta.filename },
      logger: silentLogger,
    });
  let node = await start();
  const waiting = new Set<() => void>();
  const pods = createInformer({
    client,
    resource: PODS,
    onChange: () => waiting.forEach((check) => check()),
  });
  await pods.synced;

  function await_<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        const seen = [...pods.list()].map((pod) => ({ name: pod.metadata.name, status: pod.status }));
        reject(new Error(`waited in vain for ${what}: ${JSON.stringify(seen, null, 1)}`));
      }, 25_000);
      const check = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  }

  const one: TestNode = {
    client,
    dataDir,
    create: (name, spec) =>
      client.create<Pod>(PODS, {
        metadata: { name, namespace: NAMESPACE },
        spec: {
          nodeName: "sandgate",
          terminationGracePeriodSeconds: 1,
          ...spec,
          containers: (spec.containers ?? []).map((each) => ({
            image: "sandgate.dev/runtime:latest",
            ...each,
          })),
        },
      }),
    script: (name, text, spec = {}) =>
      one.create(name, {
        restartPolicy: "Never",
        ...spec,
        containers: [{ name: "main", command: ["bash", "-c", text], ...spec.containers?.[0] }],
      }),
    until: (name, condition) =>
      await_(() => {
        const pod = pods.get(`${NAMESPACE}/${name}`);
        return pod !== undefined && condition(pod) ? pod : undefined;
      }, `pod ${name}`),
    remove: (name, gracePeriodSeconds) =>
      client.delete(PODS, { namespace: NAMESPACE, name }, { gracePeriodSeconds }),
    gone: async (name) => {
      await await_(
        () => (pods.get(`${NAMESPACE}/${name}`) === undefined ? true : undefined),
        `${name} to go`,
      );
    },
    async logs(name, query = {}) {
      let text = "";
      for await (const chunk of podLogs(client, { namespace: NAMESPACE, pod: name, ...query }))
        text += Buffer.from(chunk).toString();
      return text;
    },
    async untilLog(name, line, container) {
      let text = "";
      const query = { namespace: NAMESPACE, pod: name, follow: true, ...(container && { container }) };
      for await (const chunk of podLogs(client, query)) {
        text += Buffer.from(chunk).toString();
        if (text.split("\n").includes(line)) return text;
      }
      throw new Error(`the log of ${name} ended without ${line}: ${text}`);
    },
    async exec(name, command, container) {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const texts = ["", ""];
      [stdout, stderr].forEach((stream, index) =>
        stream.on("data", (chunk: Buffer) => {
          texts[index] += chunk.toString();
        }),
      );
      const exitCode = await execInPod(client, {
        namespace: NAMESPACE,
        pod: name,
        command,
        stdout,
        stderr,
        ...(container === undefined ? {} : { container }),
      });
      return { exitCode, stdout: texts[0] ?? "", stderr: texts[1] ?? "" };
    },
    async restartNode() {
      await node.close();
      node = await start();
    },
    async close() {
      await node.close();
      await pods.close();
      await Promise.all([client.close(), nodeClient.close()]);
      await api.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return one;
}

export function isOver(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.find((one) => one.type === "Ready")?.status === "True";
}
