import { setTimeout as delay } from "node:timers/promises";
import type { Probe } from "@sandgate/contract";
import { runProbe, type ProbeResult, type ProbeTarget } from "./probe.ts";

/** What a container asks for after its start or before its end. */
export interface Hook {
  exec?: NonNullable<Probe["exec"]>;
  httpGet?: NonNullable<Probe["httpGet"]>;
  sleep?: { seconds: number };
}

/**
 * Runs a hook to its end, but not for longer than a time.
 *
 * @returns Null if it succeeded, else why not.
 */
export async function runHook(hook: Hook, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  if (hook.sleep !== undefined) {
    await delay(Math.min(hook.sleep.seconds * 1000, timeoutMs));
    return null;
  }
  return runProbe({ ...hook, timeoutSeconds: timeoutMs / 1000 }, target);
}
