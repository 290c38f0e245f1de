import type { KubeObject } from "@sandgate/contract";
import type { ResourceDefinition } from "../registry/resource-definition.ts";

type Fields = Record<string, unknown>;

/** The same members by their names in core/v1 and in events.k8s.io/v1. */
const NAMES: readonly (readonly [core: string, events: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["reportingComponent", "reportingController"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
];
const EVENTS_GROUP = "events.k8s.io";

/** Whether `definition` is one of the two forms in which an Event is served. */
export function isEventKind({ group, kind, custom }: ResourceDefinition): boolean {
  return !custom && kind === "Event" && (group === "" || group === EVENTS_GROUP);
}

/** The Event in the other form; both have the same content. */
export function convertEvent(event: KubeObject, target: ResourceDefinition): KubeObject {
  const toCore = target.group === "";
  const renamed = new Map(NAMES.map(([core, events]) => (toCore ? [events, core] : [core, events])));
  const converted: Fields = {};
  for (const [name, value] of Object.entries(event)) converted[renamed.get(name) ?? name] = value;
  converted["apiVersion"] = toCore ? "v1" : `${EVENTS_GROUP}/v1`;
  // Required in one form and meaningless, but harmless, in the other.
  if (toCore) converted["involvedObject"] ??= {};
  return converted as unknown as KubeObject;
}
