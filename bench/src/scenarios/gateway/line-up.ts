import { goVersion } from "../../../../test/cluster/binaries/cluster-binaries.ts";
import type { Candidate, CandidateSetup } from "./candidates/candidate.ts";
import { startHaproxy } from "./candidates/haproxy.ts";
import { startNginx } from "./candidates/nginx.ts";
import { startNodeUndici } from "./candidates/node-undici.ts";
import { startSandgate, type SandgateSettings } from "./candidates/sandgate.ts";
import { startUpstreamRouter } from "./candidates/upstream-router.ts";
import type { Certificate } from "./certificate.ts";
import { checkAnswers } from "./check-answers.ts";
import { benchSandboxes } from "./sandboxes.ts";
import { SANDGATE } from "./variants.ts";

const ROUTES = 10_000;

/** Starts candidates one after another, each checked. What it starts is ended by the stack. */
export class LineUp {
  readonly #ports: CandidateSetup["ports"];
  readonly #stack: AsyncDisposableStack;

  constructor(ports: CandidateSetup["ports"], stack: AsyncDisposableStack) {
    this.#ports = ports;
    this.#stack = stack;
  }

  /** The proxies without TLS, nginx first. */
  rivals(): Promise<Candidate[]> {
    const setup = this.#setup(ROUTES);
    return this.#all([
      () => startNginx(setup),
      () => startHaproxy(setup),
      ...(hasGo() ? [() => startUpstreamRouter(setup)] : []),
      () => startNodeUndici(setup),
      () => startSandgate(setup, { title: SANDGATE }),
    ]);
  }

  /** Those that speak TLS here, with the same certificate. */
  secure(certificate: Certificate): Promise<Candidate[]> {
    const setup = { ...this.#setup(ROUTES), certificate };
    return this.#all([
      () => startNginx(setup),
      () => startHaproxy(setup),
      () => startSandgate(setup, { title: SANDGATE }),
    ]);
  }

  /** Those that have done nothing yet. */
  fresh(): Promise<Candidate[]> {
    const setup = this.#setup(ROUTES);
    return this.#all([
      () => startNginx(setup),
      () => startHaproxy(setup),
      () => startSandgate(setup, { title: SANDGATE }),
    ]);
  }

  variants(variants: readonly SandgateSettings[]): Promise<Candidate[]> {
    return this.#all(variants.map((settings) => () => startSandgate(this.#setup(ROUTES), settings)));
  }

  /** Sandgate with ever more routes and, a hundredth of them, users, each with an API key. */
  growing(counts: readonly number[]): Promise<Candidate[]> {
    return this.#all(
      counts.map((count) => () => {
        const title = `${count.toLocaleString("en")} routes`;
        return startSandgate(this.#setup(count), { title });
      }),
    );
  }

  #setup(routes: number): CandidateSetup {
    return { sandboxes: benchSandboxes(routes), ports: this.#ports, certificate: null };
  }

  async #all(starts: readonly (() => Promise<Candidate>)[]): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    for (const start of starts) {
      const candidate = this.#stack.use(await start());
      process.stderr.write(`bench: ${candidate.title} ${candidate.version}: checking its answers\n`);
      await checkAnswers(candidate);
      candidates.push(candidate);
    }
    return candidates;
  }
}

function hasGo(): boolean {
  if (goVersion() !== null) return true;
  process.stderr.write("bench: there is no Go to build upstream's router with, so it is left out\n");
  return false;
}
