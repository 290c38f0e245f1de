import type { CpuTime } from "../placed.ts";
import type { BackendKind, BenchSandbox } from "../sandboxes.ts";

/** What starting a candidate takes. */
export interface CandidateSetup {
  readonly sandboxes: readonly BenchSandbox[];
  /** The port of a sandbox's backend, by its kind. */
  readonly ports: Readonly<Record<BackendKind, number>>;
}

/** How a request names a sandbox. */
export interface Naming {
  /** Stands before the path: `/{user}/{sandbox}`, or nothing where headers name it. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a candidate does with a request on the way; the answers are checked against it. */
export interface Rewriting {
  /** Headers of X-Forwarded-* that the sandbox gets. */
  readonly forwarded: readonly ("for" | "host" | "proto" | "prefix")[];
  /** Headers that must not reach the sandbox. */
  readonly cut: readonly string[];
}

/** One proxy, running on the proxy's core. */
export interface Candidate extends AsyncDisposable {
  /** As in the table. */
  readonly title: string;
  readonly version: string;
  /** Its code is compiled while it runs, so that each kind of work has to be done for a while before it counts. */
  readonly warmsUp: boolean;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly rewriting: Rewriting;
  /** Those it knows. */
  readonly sandboxes: readonly BenchSandbox[];
  naming(sandbox: BenchSandbox): Naming;
  cpu(): CpuTime;
  /** What it wrote to its error output. */
  errors(): string;
  emptyErrors(): void;
}

/** Naming by path, as all but the router have it. */
export function pathNaming({ user, name }: BenchSandbox): Naming {
  return { prefix: `/${user}/${name}`, headers: {} };
}
