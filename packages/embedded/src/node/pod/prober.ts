import type { Container, Probe } from "@sandgate/contract";
import { LONGEST_MS } from "../times.ts";
import { runProbe, type ProbeTarget } from "./probe.ts";

export interface ProberEvents {
  /** The startup probe has succeeded, or there is none. */
  started(): void;
  ready(isReady: boolean): void;
  /** Startup or liveness has failed for good: the container has to be killed. */
  unhealthy(kind: "Startup" | "Liveness", message: string): void;
  /** One failure of any probe, for an event. */
  failed(kind: "Startup" | "Liveness" | "Readiness", message: string): void;
}

export interface Prober {
  stop(): void;
}

interface Outcome {
  ok: boolean;
  message: string;
  /** As many failures in a row as the probe allows. */
  final: boolean;
}

/** How soon after the start a probe without a delay runs first. A kubelet spreads them over a period; here nothing is gained by it. */
const FIRST_MS = 20;
/** Until the first success a readiness probe is asked this often, but never less often than its period says. */
const EAGER_MS = 100;
/** What costs no process is asked more often, for a while: a sandbox that answers is one that somebody waits for. */
const CHEAP_MS = 20;
const CHEAP_TRIES = 100;

/** Runs the probes of a container that runs, from its start to its end. */
export function startProber(container: Container, target: ProbeTarget, events: ProberEvents): Prober {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  function later(delayMs: number, work: () => void): void {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        work();
      },
      Math.min(delayMs, LONGEST_MS),
    );
    timers.add(timer);
  }

  function follow(probe: Probe, eager: boolean, onResult: (result: Outcome) => "go-on" | "stop"): void {
    const { periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
    let successes = 0;
    let failures = 0;
    let tries = 0;
    let everSucceeded = false;
    const step = async (): Promise<void> => {
      const message = await runProbe(probe, target);
      if (stopped) return;
      if (message === null) {
        failures = 0;
        successes++;
        everSucceeded = true;
        if (successes === successThreshold && onResult({ ok: true, message: "", final: false }) === "stop")
          return;
      } else {
        successes = 0;
        failures++;
        if (onResult({ ok: false, message, final: failures >= failureThreshold }) === "stop") return;
      }
      const periodMs = periodSeconds * 1000;
      const eagerMs = probe.exec === undefined && ++tries <= CHEAP_TRIES ? CHEAP_MS : EAGER_MS;
      later(eager && !everSucceeded ? Math.min(eagerMs, periodMs) : periodMs, () => void step());
    };
    later(Math.max(FIRST_MS, (probe.initialDelaySeconds ?? 0) * 1000), () => void step());
  }

  function begin(): void {
    events.started();
    const { readinessProbe, livenessProbe } = container;
    if (readinessProbe === undefined) events.ready(true);
    else {
      let failures = 0;
      let wasReady = false;
      follow(readinessProbe, true, ({ ok, message, final }) => {
        if (ok) {
          wasReady = true;
          events.ready(true);
        } else {
          // Eager tries before the first success are no news.
          if (wasReady || ++failures % CHEAP_TRIES === 0) events.failed("Readiness", message);
          if (final) events.ready(false);
        }
        return "go-on";
      });
    }
    if (livenessProbe !== undefined) {
      follow(livenessProbe, false, ({ ok, message, final }) => {
        if (ok) return "go-on";
        events.failed("Liveness", message);
        if (!final) return "go-on";
        events.unhealthy("Liveness", message);
        return "stop";
      });
    }
  }

  const { startupProbe } = container;
  if (startupProbe === undefined) begin();
  else {
    follow(startupProbe, false, ({ ok, message, final }) => {
      if (ok) {
        begin();
        return "stop";
      }
      events.failed("Startup", message);
      if (!final) return "go-on";
      events.unhealthy("Startup", message);
      return "stop";
    });
  }
  return {
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
