import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Container, Pod, Stored } from "@sandgate/contract";
import { isConflict, isNotFound, PODS } from "@sandgate/kube";
import { makePodEtc } from "../container/etc-files.ts";
import type { PodNetworkSlot } from "../network/pod-network.ts";
import { removeTree } from "../remove-tree.ts";
import { PodVolumes } from "../volumes/pod-volumes.ts";
import {
  isTerminated,
  newRecord,
  nextBackoffMs,
  restarts,
  type ContainerRecord,
} from "./container-record.ts";
import { ConfigError, containerEnvironment } from "./environment.ts";
import { runHook, type Hook } from "./lifecycle-hook.ts";
import { podStatus } from "./pod-status.ts";
import type { ProbeTarget } from "./probe.ts";
import { startProber } from "./prober.ts";
import { DEFAULT_UID, type PodContext } from "./pod-context.ts";
import { LONGEST_MS, RunningContainer } from "./running-container.ts";
import { isKnownImage, refusals } from "./supported-fields.ts";

/** How often something that is missing is looked for again. */
const WAIT_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const SHORTEST_GRACE_MS = 2_000;

/** What the node keeps of a pod on disk, so that a new process can go on with it. */
interface Saved {
  startTime: string;
  init: ContainerRecord[];
  containers: ContainerRecord[];
}

/** One pod on this node, from its binding to its deletion. */
export class PodWorker {
  readonly #context: PodContext;
  readonly #folder: string;
  #pod: Stored<Pod>;
  #startTime: string;
  #init: ContainerRecord[];
  #containers: ContainerRecord[];
  #verdict: { reason: string; message: string } | null = null;
  #slot: PodNetworkSlot | null = null;
  #volumes: PodVolumes | null = null;
  readonly #running = new Map<string, RunningContainer>();
  /** Aborted when the pod is to end, for whatever reason. */
  readonly #ending = new AbortController();
  #publishing: Promise<void> = Promise.resolve();
  #published = "";
  #dirty = false;
  #closed = false;
  #etcMade = false;
  readonly #done: Promise<void>;
  #terminating: Promise<void> | null = null;

  constructor(context: PodContext, pod: Stored<Pod>) {
    this.#context = context;
    this.#pod = pod;
    this.#folder = join(context.podsDir, pod.metadata.uid);
    const saved = this.#load();
    this.#startTime = saved?.startTime ?? seconds(new Date());
    this.#init = (pod.spec.initContainers ?? []).map(
      (one) => saved?.init.find((old) => old.name === one.name) ?? newRecord(one.name),
    );
    this.#containers = pod.spec.containers.map(
      (one) => saved?.containers.find((old) => old.name === one.name) ?? newRecord(one.name),
    );
    if (saved !== null) this.#recover();
    this.#done = this.#run().catch((error: unknown) => {
      context.logger.error("a pod failed by a defect of the node", {
        pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
        error: error instanceof Error ? error.stack : String(error),
      });
      this.#fail("NodeError", error instanceof Error ? error.message : String(error));
    });
  }

  get uid(): string {
    return this.#pod.metadata.uid;
  }

  get ip(): string | null {
    return this.#slot?.ip ?? null;
  }

  get pod(): Stored<Pod> {
    return this.#pod;
  }

  /** Folder of a container, for its logs. */
  containerFolder(name: string): string {
    return join(this.#folder, "containers", name);
  }

  running(name: string): RunningContainer | undefined {
    return this.#running.get(name);
  }

  record(name: string): ContainerRecord | undefined {
    return [...this.#init, ...this.#containers].find((one) => one.name === name);
  }

  /** The pod as the API server has it now. */
  update(pod: Stored<Pod>): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) void this.terminate();
  }

  /** Ends the pod as its deletion asks, and removes it from the API server. */
  terminate(): Promise<void> {
    this.#terminating ??= this.#terminate();
    return this.#terminating;
  }

  /** Ends its processes at once and keeps everything else: the node itself ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ending.abort();
    await Promise.all([...this.#running.values()].map((container) => container.stop(0)));
    await this.#done;
    await this.#release();
    await this.#publishing;
  }

  /** Ends the pod's processes and forgets it: it is gone from the API server. */
  async discard(): Promise<void> {
    this.#closed = true;
    this.#ending.abort();
    await Promise.all([...this.#running.values()].map((container) => container.stop(0)));
    await this.#done;
    await this.#remove();
  }

  async #run(): Promise<void> {
    const [refused] = refusals(this.#pod);
    if (this.#pod.metadata.deletionTimestamp !== undefined) {
      void this.terminate();
      return;
    }
    if (this.#isOver()) return this.#publish();
    if (refused !== undefined) {
      this.#context.events.record(this.#pod, "Warning", "Refused", `${refused.field}: ${refused.reason}`);
      this.#fail("SandgateUnsupported", `${refused.field}: ${refused.reason}`);
      return;
    }
    const deadline = this.#watchDeadline();
    try {
      await this.#prepare();
      if (await this.#runInit())
        await Promise.all(this.#pod.spec.containers.map((container) => this.#keepRunning(container)));
    } finally {
      clearTimeout(deadline);
    }
    // Ended by itself: what it held is given back, its logs and status stay until it is deleted.
    if (!this.#ending.signal.aborted) await this.#release();
  }

  /** Network, user and folders; then the volumes, as soon as what they need is there. */
  async #prepare(): Promise<void> {
    const context = this.#context;
    const pod = this.#pod;
    mkdirSync(join(this.#folder, "containers"), { recursive: true, mode: 0o700 });
    this.#slot = await context.network.acquire();
    this.#save();
    this.#publish();
    if (context.cgroups.unavailable !== null) {
      const message = `limits of the pod are not enforced: ${context.cgroups.unavailable}`;
      context.events.record(pod, "Warning", "LimitsNotEnforced", message);
    }
    const hostUid = context.users.acquire(this.uid);
    this.#volumes = new PodVolumes({
      pod,
      folder: this.#folder,
      hostUid,
      sources: context.sources(pod.metadata.namespace ?? "default"),
      claims: context.claims,
    });
    for (let told = ""; !this.#ending.signal.aborted;) {
      try {
        await this.#volumes.setUp();
        return;
      } catch (error) {
        const message = (error as Error).message;
        if (!(error instanceof ConfigError)) throw error;
        if (told !== message) context.events.record(pod, "Warning", "FailedMount", message);
        told = message;
        await this.#wait(WAIT_MS);
      }
    }
  }

  /** @returns Whether every init container has succeeded. */
  async #runInit(): Promise<boolean> {
    for (const [index, container] of (this.#pod.spec.initContainers ?? []).entries()) {
      const record = this.#init[index];
      if (record === undefined) continue;
      if (record.state.terminated?.exitCode === 0) continue;
      await this.#loop(container, record, true);
      if (record.state.terminated?.exitCode !== 0) return false;
    }
    return !this.#ending.signal.aborted;
  }

  async #keepRunning(container: Container): Promise<void> {
    const record = this.#containers.find((one) => one.name === container.name);
    if (record !== undefined) await this.#loop(container, record, false);
  }

  /** Runs a container until it has ended for good or the pod ends. */
  async #loop(container: Container, record: ContainerRecord, isInit: boolean): Promise<void> {
    const policy = this.#pod.spec.restartPolicy;
    // An init container that has succeeded is done, whatever the policy.
    const effective = isInit && policy !== "Never" ? "OnFailure" : policy;
    let backoffMs = 0;
    if (isTerminated(record) && !restarts(effective, record.state.terminated.exitCode)) return;
    while (!this.#ending.signal.aborted) {
      const began = Date.now();
      const ended = await this.#runOnce(container, record, isInit);
      if (!ended || this.#ending.signal.aborted || this.#verdict !== null) return;
      const exitCode = record.state.terminated?.exitCode ?? 0;
      if (!restarts(effective, exitCode)) return;
      // The first restart is at once, as kubelets do.
      const waitMs =
        record.restartCount === 0 ? 0 : (backoffMs = nextBackoffMs(backoffMs, Date.now() - began));
      record.lastState = record.state;
      if (waitMs > 0) {
        const text = `back-off ${Math.round(waitMs / 1000)}s restarting failed container=${container.name}`;
        record.state = { waiting: { reason: "CrashLoopBackOff", message: text } };
        this.#context.events.record(
          this.#pod,
          "Warning",
          "BackOff",
          text,
          this.#fieldPath(container, isInit),
        );
        this.#publish();
        await this.#wait(waitMs);
      }
      record.restartCount++;
    }
  }

  /** @returns Whether an instance ran to its end; false where the pod was told to end before one could be started. */
  async #runOnce(container: Container, record: ContainerRecord, isInit: boolean): Promise<boolean> {
    const started = await this.#start(container, record, isInit);
    if (started === null) return false;
    const { events } = this.#context;
    const path = this.#fieldPath(container, isInit);
    const begun = await this.#afterStart(started, container, path);
    const prober =
      isInit || !begun
        ? null
        : startProber(container, this.#probeTarget(started), {
            started: () => {
              record.started = true;
              this.#publish();
            },
            ready: (isReady) => {
              record.ready = isReady;
              this.#publish();
            },
            failed: (kind, message) =>
              events.record(this.#pod, "Warning", "Unhealthy", `${kind} probe failed: ${message}`, path),
            unhealthy: (kind) => {
              events.record(
                this.#pod,
                "Normal",
                "Killing",
                `Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`,
                path,
              );
              void this.#stop(started, this.#probeGraceMs(container, kind));
            },
          });
    const exit = await started.exited;
    prober?.stop();
    this.#running.delete(container.name);
    record.ready = false;
    record.started = false;
    record.state = {
      terminated: {
        exitCode: exit.exitCode,
        reason: exit.reason,
        ...(exit.message === "" ? {} : { message: exit.message }),
        startedAt: seconds(started.startedAt),
        finishedAt: seconds(new Date()),
        ...(record.containerId === null ? {} : { containerID: record.containerId }),
      },
    };
    if (exit.reason === "StartError")
      events.record(this.#pod, "Warning", "Failed", `Error: ${exit.message}`, path);
    // The node itself is ending: what it did to its pods is not their story.
    if (!this.#closed) {
      this.#save();
      this.#publish();
    }
    return true;
  }

  /** @returns False where the container has been ended because its hook failed. */
  async #afterStart(started: RunningContainer, container: Container, path: string): Promise<boolean> {
    const hook = container.lifecycle?.["postStart"] as Hook | undefined;
    if (hook === undefined) return true;
    const ended = started.exited.then(() => "the container has ended");
    const failure = await Promise.race([runHook(hook, this.#probeTarget(started), LONGEST_MS), ended]);
    if (failure === null) return true;
    this.#context.events.record(
      this.#pod,
      "Warning",
      "FailedPostStartHook",
      `PostStartHook failed: ${failure}`,
      path,
    );
    void started.stop(this.#graceMs());
    return false;
  }

  /** Ends a container, its hook before that first. */
  async #stop(started: RunningContainer, graceMs: number): Promise<void> {
    const hook = started.container.lifecycle?.["preStop"] as Hook | undefined;
    let leftMs = graceMs;
    if (hook !== undefined && graceMs > 0) {
      const began = Date.now();
      const failure = await Promise.race([
        runHook(hook, this.#probeTarget(started), Math.min(graceMs, LONGEST_MS)),
        started.exited.then(() => null),
      ]);
      if (failure !== null) {
        const message = `PreStopHook failed: ${failure}`;
        this.#context.events.record(this.#pod, "Warning", "FailedPreStopHook", message);
      }
      // As kubelets do: the container itself always has a moment.
      leftMs = Math.max(SHORTEST_GRACE_MS, graceMs - (Date.now() - began));
    }
    await started.stop(leftMs);
  }

  #probeTarget(started: RunningContainer): ProbeTarget {
    return {
      ip: this.#slot?.ip ?? "",
      container: started.container,
      exec: (command) => started.exec(command, PROBE_OPTIONS),
    };
  }

  #probeGraceMs(container: Container, kind: "Startup" | "Liveness"): number {
    const probe = kind === "Startup" ? container.startupProbe : container.livenessProbe;
    const own = probe?.terminationGracePeriodSeconds;
    return own === undefined ? this.#graceMs() : own * 1000;
  }

  /** Starts an instance, waiting for whatever it lacks; null where the pod ends before. */
  async #start(
    container: Container,
    record: ContainerRecord,
    isInit: boolean,
  ): Promise<RunningContainer | null> {
    const context = this.#context;
    const path = this.#fieldPath(container, isInit);
    const waitFor = async (reason: string, message: string): Promise<void> => {
      if (record.state.waiting?.message !== message)
        context.events.record(this.#pod, "Warning", "Failed", `Error: ${message}`, path);
      record.state = { waiting: { reason, message } };
      this.#publish();
      await this.#wait(WAIT_MS);
    };
    while (!this.#ending.signal.aborted) {
      if (!isKnownImage(container.image)) {
        await waitFor(
          "ErrImageNeverPull",
          `Container image "${container.image}" is not present: the embedded cluster pulls nothing and runs one image, ` +
            "sandgate.dev/runtime (any tag), which is this machine's programs and the sandbox runtime",
        );
        continue;
      }
      const security = { ...this.#pod.spec.securityContext, ...container.securityContext };
      if (security["runAsNonRoot"] === true && (security["runAsUser"] ?? DEFAULT_UID) === 0) {
        await waitFor("CreateContainerConfigError", "container's runAsUser breaks non-root policy");
        continue;
      }
      try {
        return await this.#launch(container, record, path);
      } catch (error) {
        if (this.#ending.signal.aborted) return null;
        const reason = error instanceof ConfigError ? "CreateContainerConfigError" : "CreateContainerError";
        await waitFor(reason, (error as Error).message);
      }
    }
    return null;
  }

  async #launch(container: Container, record: ContainerRecord, path: string): Promise<RunningContainer> {
    const context = this.#context;
    // Fields of the downward API that the server learns of only by our own report.
    const ip = this.#slot?.ip ?? "";
    const pod = {
      ...this.#pod,
      status: { ...this.#pod.status, podIP: ip, podIPs: [{ ip }], hostIP: context.nodeIp },
    };
    const environment = await containerEnvironment(
      pod,
      container,
      context.sources(pod.metadata.namespace ?? "default"),
    );
    const mounts = (await this.#volumes?.mountsOf(container, new Map(environment))) ?? [];
    const started = await RunningContainer.start({
      context,
      pod: this.#pod,
      container,
      folder: this.#makeFolder(container.name),
      etc: this.#etc(),
      hostUid: context.users.acquire(this.uid),
      networkNamespace: this.#slot?.namespacePath ?? "",
      environment,
      mounts,
      instance: record.restartCount,
    });
    if (this.#ending.signal.aborted) {
      await started.stop(0);
      throw new Error("the pod is ending");
    }
    this.#running.set(container.name, started);
    record.containerId = `sandgate://${this.uid}/${container.name}/${record.restartCount}`;
    const began = await started.running().then(
      () => true,
      () => false,
    );
    if (began) {
      record.state = { running: { startedAt: seconds(started.startedAt) } };
      context.events.record(this.#pod, "Normal", "Started", `Started container ${container.name}`, path);
    }
    this.#save();
    this.#publish();
    return started;
  }

  #makeFolder(name: string): string {
    const folder = this.containerFolder(name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  #etc(): string {
    const folder = join(this.#folder, "etc");
    // Made once in the life of this worker: after a restart of the node the pod has another address.
    if (this.#etcMade && existsSync(folder)) return folder;
    this.#etcMade = true;
    rmSync(folder, { recursive: true, force: true });
    const { spec, metadata } = this.#pod;
    const uid = spec.securityContext?.["runAsUser"];
    const number = typeof uid === "number" ? uid : DEFAULT_UID;
    makePodEtc(folder, this.#context.sharedEtc, {
      hostname: spec.hostname ?? metadata.name.slice(0, 63),
      ip: this.#slot?.ip ?? "",
      uid: number,
      gid: number,
      nameservers: spec.dnsConfig?.nameservers ?? ["8.8.8.8", "1.1.1.1"],
      searches: spec.dnsConfig?.searches ?? [],
      dnsOptions: (spec.dnsConfig?.options ?? []).map(({ name, value }) =>
        value === undefined ? (name ?? "") : `${name}:${value}`,
      ),
      hostAliases: spec.hostAliases ?? [],
    });
    return folder;
  }

  async #terminate(): Promise<void> {
    const graceMs = this.#graceMs();
    this.#ending.abort();
    for (const name of this.#running.keys()) {
      this.#context.events.record(
        this.#pod,
        "Normal",
        "Killing",
        `Stopping container ${name}`,
        `spec.containers{${name}}`,
      );
    }
    await Promise.all([...this.#running.values()].map((container) => this.#stop(container, graceMs)));
    await this.#done;
    if (this.#closed) return;
    await this.#publishing;
    await this.#remove();
    await this.#forget();
  }

  /** Has the API server forget the pod; tried again until it has, or the node ends. */
  async #forget(): Promise<void> {
    const { namespace, name } = this.#pod.metadata;
    for (let waitMs = 100; !this.#closed; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      try {
        await this.#context.client.delete(
          PODS,
          { namespace, name },
          { gracePeriodSeconds: 0, preconditions: { uid: this.uid } },
        );
        return;
      } catch (error) {
        // A conflict: the name is another pod's by now.
        if (isNotFound(error) || isConflict(error) || this.#closed) return;
        this.#context.logger.warn("a pod could not be removed yet", {
          pod: `${namespace}/${name}`,
          error: (error as Error).message,
        });
      }
      await delay(waitMs, undefined, { ref: false });
    }
  }

  /** Gives back network and mounts. */
  async #release(): Promise<void> {
    const slot = this.#slot;
    this.#slot = null;
    await this.#volumes?.tearDown();
    await slot?.release();
  }

  async #remove(): Promise<void> {
    await this.#release();
    await removeTree(this.#folder);
    this.#context.users.release(this.uid);
  }

  #graceMs(): number {
    const { metadata, spec } = this.#pod;
    return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #watchDeadline(): NodeJS.Timeout | undefined {
    const { activeDeadlineSeconds } = this.#pod.spec;
    if (activeDeadlineSeconds === undefined) return undefined;
    const dueMs = Date.parse(this.#startTime) + activeDeadlineSeconds * 1000 - Date.now();
    return setTimeout(
      () => {
        this.#fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        this.#ending.abort();
        for (const container of this.#running.values()) void this.#stop(container, this.#graceMs());
      },
      Math.min(Math.max(0, dueMs), LONGEST_MS),
    );
  }

  #fail(reason: string, message: string): void {
    this.#verdict = { reason, message };
    this.#publish();
  }

  #isOver(): boolean {
    return this.#pod.status?.phase === "Succeeded" || this.#pod.status?.phase === "Failed";
  }

  /** After a crash or a restart of the node: what ran has been ended, without anybody to see how. */
  #recover(): void {
    for (const record of [...this.#init, ...this.#containers]) {
      if (record.state.running === undefined) continue;
      const terminated = {
        exitCode: 255,
        reason: "ContainerStatusUnknown",
        message: "The node was restarted while the container ran",
        ...(record.state.running.startedAt === undefined
          ? {}
          : { startedAt: record.state.running.startedAt }),
        finishedAt: seconds(new Date()),
      };
      record.ready = false;
      record.started = false;
      if (restarts(this.#pod.spec.restartPolicy, 255)) {
        record.lastState = { terminated };
        record.state = { waiting: { reason: "ContainerCreating" } };
        record.restartCount++;
      } else {
        record.state = { terminated };
      }
    }
  }

  #publish(): void {
    this.#dirty = true;
    this.#publishing = this.#publishing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const { namespace, name } = this.#pod.metadata;
    const status = podStatus({
      pod: this.#pod,
      init: this.#init,
      containers: this.#containers,
      ip: this.#slot?.ip ?? null,
      nodeIp: this.#context.nodeIp,
      startTime: this.#startTime,
      nowMs: Date.now(),
      verdict: this.#verdict,
    });
    const text = JSON.stringify(status);
    if (text === this.#published) return;
    for (let tries = 0; ; tries++) {
      try {
        const stored = await this.#context.client.patch(
          PODS,
          { namespace, name },
          { type: "merge", body: { metadata: { uid: this.uid }, status } },
          { subresource: "status", fieldManager: "sandgate-node" },
        );
        this.#published = text;
        // Transition times are counted from what was written, also before the watch brings it back.
        if (this.#pod.metadata.uid === stored.metadata.uid && stored.status !== undefined) {
          this.#pod = { ...this.#pod, status: stored.status };
        }
        return;
      } catch (error) {
        if (isNotFound(error) || this.#closed || tries >= 5) {
          if (!isNotFound(error)) {
            this.#context.logger.warn("a pod's status could not be written", {
              pod: `${namespace}/${name}`,
              error: (error as Error).message,
            });
          }
          return;
        }
        await delay(100 * 2 ** tries);
      }
    }
  }

  /** ConfigMaps and Secrets in volumes follow their objects. */
  async refreshVolumes(): Promise<void> {
    if (this.#ending.signal.aborted || this.#slot === null) return;
    await this.#volumes?.refresh(this.#pod);
  }

  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
  }

  #fieldPath(container: Container, isInit: boolean): string {
    return `spec.${isInit ? "initContainers" : "containers"}{${container.name}}`;
  }

  #load(): Saved | null {
    try {
      return JSON.parse(readFileSync(join(this.#folder, "state.json"), "utf8")) as Saved;
    } catch {
      return null;
    }
  }

  #save(): void {
    const saved: Saved = { startTime: this.#startTime, init: this.#init, containers: this.#containers };
    const path = join(this.#folder, "state.json");
    writeFileSync(`${path}.new`, JSON.stringify(saved), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

const PROBE_OPTIONS = { stdin: false, stdout: true, stderr: true, tty: false } as const;

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
