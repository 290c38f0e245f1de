import { EVENTS, PODS, sandboxResource, SANDBOXES } from "@sandgate/kube";
import { isExplained } from "../cause-of.ts";
import type { Facts, GatewaySettings, SandboxFact } from "../facts.ts";
import { joinSandboxes } from "./join-sandboxes.ts";
import type { Reading } from "./reading.ts";
import { seePod, seeSandbox, type SeenSandbox } from "./see-sandbox.ts";

/** Of so many sandboxes whose state does not say why, the events are read; each is a request. */
const WITH_EVENTS = 20;

export interface SandboxScope {
  settings: GatewaySettings;
  /** Absent: all. */
  namespace: string | undefined;
  /** Absent: those of any name. */
  name?: string | undefined;
}

/** Every Sandbox with its pod. Of 10,000 only what the checks need is kept. */
export async function readSandboxes(
  reading: Reading,
  served: Facts["sandboxVersions"],
  scope: SandboxScope,
): Promise<SandboxFact[] | null> {
  const { settings, namespace, name } = scope;
  const resource = sandboxResource(served ?? [SANDBOXES.version]);
  if (resource === null) return [];
  const seen = await reading.list(
    resource,
    { namespace, ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }) },
    seeSandbox,
  );
  if (seen === null) return null;
  const pods =
    seen.length === 0
      ? []
      : await reading.list(PODS, { namespace: namespace ?? commonNamespace(seen) }, seePod);
  // Without pods there is no telling what a sandbox does.
  if (pods === null) return null;
  return joinSandboxes(seen, pods, { settings, resource, nowMs: Date.now() });
}

/** Where all of them are, so that no other pods need to be read; undefined for several namespaces. */
function commonNamespace(seen: readonly SeenSandbox[]): string | undefined {
  const first = seen[0]?.sandbox.namespace;
  return seen.every(({ sandbox }) => sandbox.namespace === first) ? first : undefined;
}

/** Adds the events to those whose state and pod say too little. */
export async function addEvents(reading: Reading, facts: readonly SandboxFact[]): Promise<void> {
  const unexplained = facts.filter((fact) => !isExplained(fact)).slice(0, WITH_EVENTS);
  for (const fact of unexplained) fact.events = await readEvents(reading, fact);
}

async function readEvents(reading: Reading, { sandbox, pod }: SandboxFact): Promise<SandboxFact["events"]> {
  const uids = pod === undefined ? [sandbox.uid] : [pod.uid, sandbox.uid];
  const { namespace } = sandbox;
  const lists = await Promise.all(
    uids.map((uid) =>
      reading.list(EVENTS, { namespace, fieldSelector: `involvedObject.uid=${uid}` }, (event) =>
        event.type === "Warning" ? event : null,
      ),
    ),
  );
  return lists.flatMap((list) => list ?? []);
}
