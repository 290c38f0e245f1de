import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Container, Pod, Stored } from "@sandgate/contract";
import { SHARED_FOLDERS } from "../container/etc-files.ts";
import {
  launch,
  refuseZeroBytes,
  type Launched,
  type LaunchOptions,
  type Mount,
} from "../container/launch.ts";
import { LogWriter } from "../container/log-writer.ts";
import { mainProcess } from "../container/main-process.ts";
import { makeStdioPipes } from "../container/stdio-pipes.ts";
import { enterContainer, type EnterTarget } from "../enter/enter-container.ts";
import type { Cgroup } from "../isolation/cgroups.ts";
import { endProcesses } from "../orphans.ts";
import { removeTree } from "../remove-tree.ts";
import type { ContainerProcess, ProcessOptions } from "../kubelet/pod-access.ts";
import { quantityValue } from "./quantity-value.ts";
import { DEFAULT_UID, IMAGE_FOLDER, type PodContext } from "./pod-context.ts";

/** Processes that a container may have where it asks for no limit of its own. */
const PIDS = 1024;
const TERMINATION_MESSAGE_BYTES = 4096;
/** How long is waited for the command of a container that has just been started. */
const COMMAND_TRIES = 1000;
const COMMAND_TRY_MS = 3;
/** The longest that a timer can wait. */
export const LONGEST_MS = 2 ** 31 - 1;
/** Output that an attached client has not taken, above which the client loses some. */
const ATTACH_BYTES = 1024 * 1024;

export interface StartOptions {
  context: PodContext;
  pod: Stored<Pod>;
  container: Container;
  /** The container's own folder on the host. */
  folder: string;
  etc: string;
  hostUid: number;
  networkNamespace: string;
  environment: readonly [string, string][];
  mounts: readonly Mount[];
  /** Counts from 0; logs of each instance are kept apart. */
  instance: number;
}

export interface ExitInfo {
  exitCode: number;
  reason: "Completed" | "Error" | "OOMKilled" | "StartError";
  message: string;
}

/** One instance of a container, from its start to its end. */
export class RunningContainer {
  readonly #options: StartOptions;
  readonly #launched: Launched;
  readonly #cgroup: Cgroup;
  readonly #target: Omit<EnterTarget, "pid">;
  readonly #attached = new Set<PassThrough>();
  readonly #attachedErrors = new Set<PassThrough>();
  #gone = false;
  readonly log: LogWriter;
  readonly startedAt = new Date();
  /** Settles when the process has ended and its output is on disk. */
  readonly exited: Promise<ExitInfo>;

  private constructor(
    options: StartOptions,
    launched: Launched,
    cgroup: Cgroup,
    target: Omit<EnterTarget, "pid">,
    log: LogWriter,
    output: { stdout: Readable; stderr: Readable },
  ) {
    this.#options = options;
    this.#launched = launched;
    this.#cgroup = cgroup;
    this.#target = target;
    this.log = log;
    const copied = Promise.all([
      log.copy("stdout", this.#tee(output.stdout, this.#attached)),
      log.copy("stderr", this.#tee(output.stderr, this.#attachedErrors)),
    ]);
    this.exited = this.#end(copied);
  }

  static async start(options: StartOptions): Promise<RunningContainer> {
    const { context, container, folder, hostUid } = options;
    const root = join(folder, `root-${options.instance}`);
    // The file system of an instance goes with it, as a container's does. Also one by the same number, of a start that was
    // not counted: in what a pod has written, every name may be a link.
    const old = readdirSync(folder).filter((name) => name.startsWith("root-"));
    await Promise.all(old.map((name) => removeTree(join(folder, name))));
    makeRoot(root, hostUid);
    const security = { ...options.pod.spec.securityContext, ...container.securityContext };
    const uid = numberOr(security["runAsUser"], DEFAULT_UID);
    const gid = numberOr(security["runAsGroup"], uid);
    const workingDir =
      container.workingDir === undefined || container.workingDir === "" ? "/workspace" : container.workingDir;
    const environment = withDefaults(options);
    rmSync(messagePath(folder), { force: true });
    writeFileSync(messagePath(folder), "");
    chownSync(messagePath(folder), hostUid, hostUid);
    const launchOptions: Omit<LaunchOptions, "output" | "joinFiles"> = {
      root,
      mounts: [
        { source: options.etc, target: "/etc", readOnly: true },
        ...SHARED_FOLDERS.map((name) => ({
          source: join(context.sharedEtc, name),
          target: `/etc/${name}`,
          readOnly: true,
        })),
        { source: context.image.nodeBinary, target: `${IMAGE_FOLDER}/bin/node`, readOnly: true },
        { source: context.image.entry, target: `${IMAGE_FOLDER}/sandgate-runtime.mjs`, readOnly: true },
        // As on a kubelet: a file of the node's, so that it can be read when the container is gone.
        {
          source: messagePath(folder),
          target: container.terminationMessagePath ?? "/dev/termination-log",
          readOnly: false,
        },
        ...options.mounts,
      ],
      tmpfs: [],
      hostname: options.pod.spec.hostname ?? options.pod.metadata.name.slice(0, 63),
      networkNamespace: options.networkNamespace,
      hostUid,
      uid,
      gid,
      environment,
      workingDir,
      command: commandOf(container, new Map(environment)),
      seccomp: context.seccomp,
      readOnlyRoot: security["readOnlyRootFilesystem"] === true,
      stdin: container.stdin === true,
      tty: container.tty === true,
      maxProcesses: PIDS,
    };
    refuseZeroBytes(launchOptions);
    const cgroup = context.cgroups.create(
      `${options.pod.metadata.uid}-${container.name}-${options.instance}`,
      limitsOf(container),
    );
    const pipes = await makeStdioPipes(folder, hostUid);
    let launched: Launched;
    try {
      launched = launch({ ...launchOptions, output: pipes.writers, joinFiles: cgroup.joinFiles });
    } catch (error) {
      for (const end of [pipes.stdout, pipes.stderr]) end.destroy();
      cgroup.remove();
      throw error;
    } finally {
      pipes.givenAway();
    }
    const log = new LogWriter(logPath(folder, options.instance), context.logPace);
    const target = {
      uid,
      gid,
      hostUid,
      joinFiles: cgroup.joinFiles,
      seccomp: context.seccomp,
      environment,
      workingDir,
    };
    return new RunningContainer(options, launched, cgroup, target, log, pipes);
  }

  get container(): Container {
    return this.#options.container;
  }

  get ended(): boolean {
    return this.log.ended;
  }

  /** Resolves once the command runs; rejects where it never did. */
  async running(): Promise<void> {
    await this.#command();
  }

  async exec(command: readonly string[], options: ProcessOptions): Promise<ContainerProcess> {
    const pid = await this.#command();
    if (pid === null) throw new Error("the container is ending");
    return enterContainer({ ...this.#target, pid }, command, options);
  }

  /** Pid of the container's own command; null where it has ended, or there is none for long. */
  async #command(): Promise<number | null> {
    const initPid = await this.#launched.initPid;
    let pid = this.#mainProcess(initPid);
    // Its mounts are still being made.
    for (let tries = 0; pid === null && !this.#gone && tries < COMMAND_TRIES; tries++) {
      await delay(COMMAND_TRY_MS);
      pid = this.#mainProcess(initPid);
    }
    return pid;
  }

  #mainProcess(initPid: number): number | null {
    return this.#gone ? null : mainProcess(initPid, this.#options.hostUid);
  }

  /** The container's own input and output from now on. */
  attach(options: ProcessOptions): ContainerProcess {
    const stdout = new PassThrough({ highWaterMark: ATTACH_BYTES });
    const stderr = new PassThrough({ highWaterMark: ATTACH_BYTES });
    this.#attached.add(stdout);
    this.#attachedErrors.add(stderr);
    const release = (): void => {
      this.#attached.delete(stdout);
      this.#attachedErrors.delete(stderr);
      stdout.end();
      stderr.end();
      if (options.stdin && this.#options.container.stdinOnce === true) this.#launched.stdin?.end();
    };
    void this.exited.then(release);
    return {
      stdin: options.stdin ? this.#launched.stdin : null,
      stdout: options.stdout ? stdout : null,
      stderr: options.stderr && this.#options.container.tty !== true ? stderr : null,
      exited: this.exited,
      resize: (width, height) => this.#launched.resize(width, height),
      release,
    };
  }

  /** Asks the container's own process to end, and makes it after the grace. Resolves when it has. */
  async stop(graceMs: number): Promise<ExitInfo> {
    const timer = setTimeout(() => this.kill(), Math.min(graceMs, LONGEST_MS));
    if (graceMs <= 0) this.kill();
    else {
      const pid = await this.#launched.initPid.then(
        (initPid) => this.#mainProcess(initPid),
        () => null,
      );
      if (pid === null) this.kill();
      else signal(pid, "SIGTERM");
    }
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Our own child, whose number nobody else can have meanwhile. The container's first process dies with it, and with that all. */
  kill(): void {
    if (!this.#gone) this.#launched.process.kill("SIGKILL");
  }

  #tee(source: Readable, attached: ReadonlySet<PassThrough>): Readable {
    source.on("data", (chunk: Buffer) => {
      for (const one of attached) if (one.writableLength < ATTACH_BYTES) one.write(chunk);
    });
    const copy = new PassThrough();
    source.pipe(copy);
    return copy;
  }

  async #end(copied: Promise<unknown>): Promise<ExitInfo> {
    const { exitCode } = await this.#launched.exited;
    this.#gone = true;
    // Whoever is left holds the output open: a command that was entered as the container ended.
    await endProcesses(this.#cgroup);
    await copied;
    this.log.end();
    const outOfMemory = this.#cgroup.wasOutOfMemory();
    this.#cgroup.remove();
    const began = await this.#launched.initPid.then(
      () => true,
      () => false,
    );
    return this.#explain(exitCode, outOfMemory, began);
  }

  #explain(exitCode: number, outOfMemory: boolean, began: boolean): ExitInfo {
    const message = this.#terminationMessage(exitCode);
    if (!began) {
      const why = lastLine(this.log.path).replace(/^\S+ stderr [FP] /, "");
      return { exitCode: 128, reason: "StartError", message: why || "the container could not be made" };
    }
    if (exitCode === 0) return { exitCode, reason: "Completed", message };
    if (outOfMemory) return { exitCode, reason: "OOMKilled", message };
    const failure = this.#startFailure();
    if (failure !== null) return { exitCode: 128, reason: "StartError", message: failure };
    return { exitCode, reason: "Error", message };
  }

  /** bubblewrap says on standard error why it could not run the command. */
  #startFailure(): string | null {
    const match =
      / stderr F bwrap: (?:execvp (.*): (.*)|(Can't (?:chdir|mkdir|create|bind|mount|find) .*))$/.exec(
        lastLine(this.log.path),
      );
    if (match === null) return null;
    const [, command, why, folder] = match;
    return folder === undefined ? `exec: ${JSON.stringify(command)}: ${why}` : folder;
  }

  #terminationMessage(exitCode: number): string {
    const { container, folder } = this.#options;
    let text = readTail(messagePath(folder), TERMINATION_MESSAGE_BYTES);
    if (text === "" && exitCode !== 0 && container.terminationMessagePolicy === "FallbackToLogsOnError") {
      text = readTail(this.log.path, 8192)
        .replaceAll(/^\S+ std(?:out|err) [FP] /gm, "")
        .slice(-2048);
    }
    return text;
  }
}

/** Path of the log of one instance. */
export function logPath(folder: string, instance: number): string {
  return join(folder, `${instance}.log`);
}

function messagePath(folder: string): string {
  return join(folder, "termination-message");
}

function makeRoot(root: string, hostUid: number): void {
  for (const name of ["", "workspace", "tmp", "home", "run", "var", "var/tmp", "root"]) {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    chownSync(path, hostUid, hostUid);
    chmodSync(path, name === "tmp" || name === "var/tmp" ? 0o1777 : 0o755);
  }
}

function withDefaults({ environment, pod, container }: StartOptions): [string, string][] {
  const defaults: [string, string][] = [
    ["PATH", `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${IMAGE_FOLDER}/bin`],
    ["HOME", "/workspace"],
    ["LANG", "C.UTF-8"],
    ["HOSTNAME", pod.spec.hostname ?? pod.metadata.name],
    ["SANDGATE_WORKSPACE", "/workspace"],
  ];
  if (container.tty === true) defaults.push(["TERM", "xterm"]);
  return [...new Map([...defaults, ...environment])];
}

/** A container's command and arguments, with what the image brings where they are not given. */
export function commandOf(container: Container, environment: ReadonlyMap<string, string>): string[] {
  const fill = (text: string): string =>
    text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
      whole === "$$" ? "$" : ((name === undefined ? undefined : environment.get(name)) ?? whole),
    );
  const entry = [`${IMAGE_FOLDER}/bin/node`, `${IMAGE_FOLDER}/sandgate-runtime.mjs`];
  const command =
    container.command === undefined || container.command.length === 0 ? entry : container.command.map(fill);
  return [...command, ...(container.args ?? []).map(fill)];
}

function limitsOf(container: Container): {
  memoryBytes: number | null;
  cpuMillis: number | null;
  pids: number;
} {
  const { memory, cpu } = container.resources?.limits ?? {};
  return {
    memoryBytes: memory === undefined ? null : Math.ceil(quantityValue(memory)),
    cpuMillis: cpu === undefined ? null : Math.ceil(quantityValue(cpu) * 1000),
    pids: PIDS,
  };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The last bytes of a file, however large a container has made it. */
function readTail(path: string, bytes: number): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, read);
  } finally {
    closeSync(file);
  }
}

function lastLine(path: string): string {
  return (
    readTail(path, 8192)
      .split("\n")
      .findLast((line) => line !== "") ?? ""
  );
}
