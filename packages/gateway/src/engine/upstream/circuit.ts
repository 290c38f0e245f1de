import type { Logger } from "@sandgate/contract";

/** Whose address it is, for the log. */
export interface CircuitPlace {
  /** `user/sandbox`. */
  readonly sandbox: string;
  readonly address: string;
}

/** What is known of one address of a pod. It is kept with the place that is dialled, and goes with the pod. */
export interface Circuit {
  /** Connects in a row that got no sign of life. */
  failures: number;
  /** When it was opened, or its probe last failed, in milliseconds of performance.now(). */
  openedMs: number;
  /** When the next connection may try it. */
  probeMs: number;
  /** How long it was last left alone, before the jitter. */
  backoffMs: number;
}

/** One slow answer of a switch or of a listener's full queue is no dead pod. */
const OPENS_AT = 3;
const FIRST_BACKOFF_MS = 1_000;
const LAST_BACKOFF_MS = 30_000;
/** One that nobody has tried for so long, after he could have, is not counted as open any more: its pod is gone. */
const FORGOTTEN_MS = 60_000;

/** So many are looked through for those of pods that are gone. */
const MANY = 1_000;

/** Errors of connects by which an address shows no life. A refusal, or a reset, is a sign of life. */
const NO_LIFE: ReadonlySet<string> = new Set(["ETIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH"]);

export function showsNoLife(error: NodeJS.ErrnoException | null): boolean {
  return error?.code !== undefined && NO_LIFE.has(error.code);
}

export function newCircuit(): Circuit {
  return { failures: 0, openedMs: 0, probeMs: 0, backoffMs: 0 };
}

/**
 * Whoever asks for a pod that does not answer waits for the whole connect time-out, again and again, and holds memory and a
 * descriptor meanwhile. After three such connects in a row the address is left alone; then one request after another tries it,
 * each after a longer time, until one gets through or is refused.
 */
export class Circuits {
  readonly #logger: Logger;
  readonly #random: () => number;
  /** How often one has opened. */
  openings = 0;
  /** Those that are open, for whoever counts them. */
  readonly #open = new Set<Circuit>();

  /** @param random - From 0 to 1. */
  constructor(logger: Logger, random: () => number = Math.random) {
    this.#logger = logger;
    this.#random = random;
  }

  /**
   * Whether a connection may be made now. The first that asks when an open one is to be tried is its probe; the next may ask when
   * that one has failed, or has told nothing for `patienceMs`.
   */
  admits(circuit: Circuit, nowMs: number, patienceMs: number): boolean {
    if (circuit.failures < OPENS_AT) return true;
    if (nowMs < circuit.probeMs) return false;
    circuit.probeMs = nowMs + patienceMs;
    return true;
  }

  /** @param dialledMs - When the connection was begun: what was under way when it opened tells nothing new. */
  failed(circuit: Circuit, dialledMs: number, nowMs: number, place: CircuitPlace): void {
    if (circuit.failures >= OPENS_AT && dialledMs < circuit.openedMs) return;
    if (++circuit.failures < OPENS_AT) return;
    const first = circuit.failures === OPENS_AT;
    circuit.backoffMs = first ? FIRST_BACKOFF_MS : Math.min(circuit.backoffMs * 2, LAST_BACKOFF_MS);
    circuit.openedMs = nowMs;
    // So that not all gateways try it at the same time.
    circuit.probeMs = nowMs + circuit.backoffMs * (0.5 + this.#random() / 2);
    this.#open.add(circuit);
    if (this.#open.size > MANY) this.countOpen(nowMs);
    if (!first) return;
    this.openings++;
    this.#logger.warn("a pod's address does not answer and is left alone", { ...place });
  }

  /** It answered a connect, be it by a refusal. */
  answered(circuit: Circuit, place: CircuitPlace): void {
    if (circuit.failures >= OPENS_AT) {
      this.#open.delete(circuit);
      this.#logger.info("a pod's address answers again", { ...place });
    }
    circuit.failures = 0;
  }

  /** Seconds until it is worth asking again. */
  retryAfterSeconds(circuit: Circuit, nowMs: number): number {
    return Math.max(1, Math.ceil((circuit.probeMs - nowMs) / 1_000));
  }

  /** How many addresses are left alone. It looks at each, and is meant for metrics. */
  countOpen(nowMs: number): number {
    for (const circuit of this.#open) if (circuit.probeMs + FORGOTTEN_MS < nowMs) this.#open.delete(circuit);
    return this.#open.size;
  }
}
