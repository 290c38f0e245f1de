import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Container } from "@sandgate/contract";
import { enterContainer, type EnterTarget } from "../enter/enter-container.ts";
import type { Cgroup } from "../isolation/cgroups.ts";
import type { ContainerProcess, ProcessOptions } from "../kubelet/pod-access.ts";
import { endProcesses } from "../orphans.ts";
import { LONGEST_MS } from "../times.ts";
import { AttachedClients } from "./attached-clients.ts";
import { explainExit, type ExitInfo } from "./exit-info.ts";
import type { Launched } from "./launch.ts";
import type { LogWriter } from "./log-writer.ts";
import { mainProcess } from "./main-process.ts";

/** How long is waited for the command of a container that has just been started. */
const COMMAND_TRIES = 1000;
const COMMAND_TRY_MS = 3;

/** What `startContainer` has made for it. */
export interface StartedParts {
  container: Container;
  /** The container's own folder on the host. */
  folder: string;
  hostUid: number;
  launched: Launched;
  cgroup: Cgroup;
  target: Omit<EnterTarget, "pid">;
  log: LogWriter;
  output: { stdout: Readable; stderr: Readable };
}

/** One instance of a container, from its start to its end. */
export class RunningContainer {
  readonly #parts: StartedParts;
  readonly #launched: Launched;
  readonly #stdout = new AttachedClients();
  readonly #stderr = new AttachedClients();
  #gone = false;
  readonly log: LogWriter;
  readonly startedAt = new Date();
  /** Settles when the process has ended and its output is on disk. */
  readonly exited: Promise<ExitInfo>;

  constructor(parts: StartedParts) {
    const { log, output } = parts;
    this.#parts = parts;
    this.#launched = parts.launched;
    this.log = log;
    const copied = Promise.all([
      log.copy("stdout", this.#stdout.tee(output.stdout)),
      log.copy("stderr", this.#stderr.tee(output.stderr)),
    ]);
    this.exited = this.#end(copied);
  }

  get container(): Container {
    return this.#parts.container;
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
    return enterContainer({ ...this.#parts.target, pid }, command, options);
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
    return this.#gone ? null : mainProcess(initPid, this.#parts.hostUid);
  }

  /** The container's own input and output from now on. */
  attach(options: ProcessOptions): ContainerProcess {
    const { container } = this.#parts;
    const [stdout, stderr] = [this.#stdout.add(), this.#stderr.add()];
    const release = (): void => {
      this.#stdout.remove(stdout);
      this.#stderr.remove(stderr);
      if (options.stdin && container.stdinOnce === true) this.#launched.stdin?.end();
    };
    void this.exited.then(release);
    return {
      stdin: options.stdin ? this.#launched.stdin : null,
      stdout: options.stdout ? stdout : null,
      stderr: options.stderr && container.tty !== true ? stderr : null,
      // As kubelets answer: who is attached has not run it, and learns how it ended from the pod's status.
      exited: this.exited.then(() => ({ exitCode: 0 })),
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

  async #end(copied: Promise<unknown>): Promise<ExitInfo> {
    const { exitCode } = await this.#launched.exited;
    this.#gone = true;
    const { cgroup, container, folder } = this.#parts;
    // Whoever is left holds the output open: a command that was entered as the container ended.
    await endProcesses(cgroup);
    await copied;
    this.log.end();
    const outOfMemory = cgroup.wasOutOfMemory();
    cgroup.remove();
    const began = await this.#launched.initPid.then(
      () => true,
      () => false,
    );
    return explainExit({ container, folder, log: this.log.path, exitCode, outOfMemory, began });
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
