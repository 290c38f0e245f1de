// What `kubectl explain` shows of the built-in kinds, in our words.
import type { Schema } from "../schema/schema.ts";
import { shortTypeName } from "../tables/kubernetes-types.ts";
import { CLUSTER } from "./descriptions/cluster.ts";
import { CONTAINERS } from "./descriptions/container.ts";
import type { Descriptions } from "./descriptions/descriptions-of.ts";
import { EVENTS } from "./descriptions/event.ts";
import { EXTENSIONS } from "./descriptions/extension.ts";
import { META } from "./descriptions/meta.ts";
import { NETWORK } from "./descriptions/network.ts";
import { POD } from "./descriptions/pod.ts";
import { REVIEWS } from "./descriptions/review.ts";
import { VOLUMES, VOLUME_FIELDS } from "./descriptions/volume.ts";

const ALL: Descriptions = {
  ...META,
  ...POD,
  ...CONTAINERS,
  ...VOLUMES,
  ...NETWORK,
  ...CLUSTER,
  ...EVENTS,
  ...EXTENSIONS,
  ...REVIEWS,
};

/** What a member means wherever it stands, unless its type says more. */
const COMMON: Readonly<Record<string, string>> = {
  apiVersion: "Version of the API that the object is written in, as in v1 or apps/v1.",
  kind: "What the object is, as in Pod.",
  metadata: "Name, namespace, labels and what the server keeps about the object.",
  preferredDuringSchedulingIgnoredDuringExecution: "Wishes; the more of them hold, the better.",
  requiredDuringSchedulingIgnoredDuringExecution: "What has to hold when the pod is scheduled.",
  ...VOLUME_FIELDS,
};

/** What a type of the table is, as in `core.Pod`; undefined if nothing is written about it. */
export function describeType(type: string): string | undefined {
  return ALL[type]?.[""];
}

/** What a member is: what its type says of it, what it means everywhere, or what the type it refers to is. */
export function describeField(type: string, field: string, schema: Schema): string | undefined {
  const own = ALL[type];
  if (own !== undefined && field !== "" && Object.hasOwn(own, field)) return own[field];
  if (Object.hasOwn(COMMON, field)) return COMMON[field];
  const target = schema.$ref ?? schema.items?.$ref;
  return target === undefined ? undefined : describeType(shortTypeName(target) ?? "");
}
