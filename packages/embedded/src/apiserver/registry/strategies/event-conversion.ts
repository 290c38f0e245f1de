import type { KubeObject } from "@sandgate/contract";

/** Members of core/v1 Event that events.k8s.io/v1 has under another name. */
const RENAMED = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
] as const;

/**
 * Shows an event as the other group has it. Nothing is lost either way.
 *
 * @param group - "" for core/v1, or `events.k8s.io`.
 */
export function convertEvent(event: KubeObject, group: string): KubeObject {
  const renewed = group === "events.k8s.io";
  const names = new Map<string, string>(
    RENAMED.map(([core, other]) => (renewed ? [core, other] : [other, core])),
  );
  const entries = Object.entries(event).map(([key, value]) => [names.get(key) ?? key, value] as const);
  const converted: KubeObject = { ...event, ...Object.fromEntries(entries) };
  for (const name of names.keys()) Reflect.deleteProperty(converted, name);
  converted.apiVersion = renewed ? "events.k8s.io/v1" : "v1";
  return converted;
}
