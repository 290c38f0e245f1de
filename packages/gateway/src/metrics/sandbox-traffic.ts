import type { Sample } from "./snapshot.ts";

/** How often it is looked who has the most. */
const PERIOD_MS = 60_000;
/** Sandboxes without a row of their own whose requests of one period are counted apart; the busiest come early in it. */
const MAX_CANDIDATES = 10_000;
/** A sandbox gets another's row when it has so many times its requests: two of the same size must not take turns. */
const BUSIER = 2;
/** Statuses by their hundreds, 1 to 5; whatever else there may be is counted at 0. */
const CLASSES = 6;

class Traffic {
  /** `user/sandbox`. */
  readonly address: string;
  /** Of the sandbox that has the address now: one that is made anew goes on with the row. */
  uid: string;
  /** By class of status; null without a row. */
  counts: Float64Array | null;
  /** Requests of this period. */
  recent = 0;

  constructor(address: string, uid: string, counts: Float64Array | null) {
    this.address = address;
    this.uid = uid;
    this.counts = counts;
  }
}

/** Requests by sandbox. Those with the most have a row each; the others share one, so that a large fleet is no load for whoever keeps the series. */
export class SandboxTraffic {
  readonly #rows: number;
  readonly #byAddress = new Map<string, Traffic>();
  /** The same, found without putting an address together. */
  readonly #byUid = new Map<string, Traffic>();
  readonly #others = new Float64Array(CLASSES);
  #taken = 0;
  #candidates = 0;
  #sinceMs = 0;

  /** @param rows - How many sandboxes have a row; 0: nothing is counted by sandbox. */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /**
   * @param address - `user/sandbox`.
   * @param hundreds - Of the answer's status.
   * @param nowMs - Of performance.now().
   */
  count(uid: string, address: string, hundreds: number, nowMs: number): void {
    if (this.#rows === 0) return;
    if (nowMs - this.#sinceMs >= PERIOD_MS) this.#turn(nowMs);
    const traffic = this.#byUid.get(uid) ?? this.#add(uid, address);
    const at = hundreds < CLASSES ? hundreds : 0;
    if (traffic === null) {
      this.#others[at]!++;
      return;
    }
    traffic.recent++;
    (traffic.counts ?? this.#others)[at]!++;
  }

  /** Sandboxes that are counted apart, with a row or without one yet. */
  get watched(): number {
    return this.#byAddress.size;
  }

  samples(): Sample[] {
    const samples: Sample[] = [];
    for (const { address, counts } of this.#byAddress.values()) {
      if (counts === null) continue;
      const slash = address.indexOf("/");
      addSamples(samples, address.slice(0, slash), address.slice(slash + 1), counts);
    }
    addSamples(samples, "", "other", this.#others);
    return samples;
  }

  #add(uid: string, address: string): Traffic | null {
    const known = this.#byAddress.get(address);
    if (known !== undefined) {
      known.uid = uid;
      this.#byUid.set(uid, known);
      return known;
    }
    const row = this.#taken < this.#rows;
    if (!row && this.#candidates >= MAX_CANDIDATES) return null;
    if (row) this.#taken++;
    else this.#candidates++;
    const traffic = new Traffic(address, uid, row ? new Float64Array(CLASSES) : null);
    this.#byAddress.set(address, traffic);
    this.#byUid.set(uid, traffic);
    return traffic;
  }

  /**
   * Rows go to those who had the most requests of the period. A new row begins with nothing, and what an old one had is
   * forgotten, not added to the others': no counter may jump by what was counted elsewhere.
   */
  #turn(nowMs: number): void {
    this.#sinceMs = nowMs;
    const all = [...this.#byAddress.values()];
    const holders = all.filter(({ counts }) => counts !== null).sort((a, b) => a.recent - b.recent);
    const candidates = all.filter(({ counts }) => counts === null).sort((a, b) => b.recent - a.recent);
    for (const [at, candidate] of candidates.entries()) {
      const calmest = holders[at];
      if (calmest === undefined || candidate.recent <= calmest.recent * BUSIER) {
        this.#byAddress.delete(candidate.address);
      } else {
        this.#byAddress.delete(calmest.address);
        candidate.counts = new Float64Array(CLASSES);
      }
    }
    this.#candidates = 0;
    this.#byUid.clear();
    for (const one of this.#byAddress.values()) {
      one.recent = 0;
      this.#byUid.set(one.uid, one);
    }
  }
}

function addSamples(to: Sample[], user: string, sandbox: string, counts: Float64Array): void {
  counts.forEach((value, hundreds) => {
    if (value > 0) to.push({ labels: [user, sandbox, `${hundreds}xx`], value });
  });
}
