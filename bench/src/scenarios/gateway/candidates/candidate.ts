import type { Certificate } from "../certificate.ts";
import type { CpuTime } from "../placed.ts";
import type { BackendKind, BenchSandbox } from "../sandboxes.ts";

/** What starting a candidate takes. */
export interface CandidateSetup {
  readonly sandboxes: readonly BenchSandbox[];
  /** The port of a sandbox's backend, by its kind. */
  readonly ports: Readonly<Record<BackendKind, number>>;
  /** Serves with TLS 1.3, and nothing else; null: without TLS. */
  readonly certificate: Certificate | null;
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
  /** Where it speaks HTTP/2: by ALPN with TLS, with prior knowledge without; null where it does not. */
  readonly http2Port: number | null;
  readonly certificate: Certificate | null;
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

/** Its URL, without a path. */
export function originOf({ certificate, host, port }: Candidate): string {
  return `${schemeOf(certificate)}://${host}:${port}`;
}

export function schemeOf(certificate: Certificate | null): "https" | "http" {
  return certificate === null ? "http" : "https";
}

/** Naming by path, as all but the router have it. */
export function pathNaming({ user, name }: BenchSandbox): Naming {
  return { prefix: `/${user}/${name}`, headers: {} };
}
