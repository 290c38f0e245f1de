import type { KubeObject } from "@sandgate/contract";
import { invalidValue } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import { type Errors, fieldsOf } from "../validation/checks.ts";
import { checkImmutable } from "../validation/immutable.ts";
import { checkQuantity, checkResourceName } from "../validation/resources.ts";

const COUNTED = [
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
  "services.loadbalancers",
  "services.nodeports",
];
const MEASURED = ["cpu", "ephemeral-storage", "memory"];
const RESOURCES = new Set([
  ...COUNTED,
  ...MEASURED,
  "requests.storage",
  ...MEASURED.flatMap((resource) => [`limits.${resource}`, `requests.${resource}`]),
]);
const SCOPES = new Set<unknown>([
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
]);

export const QUOTA_STRATEGY: ResourceStrategy = {
  prepareCreate(object) {
    (object as KubeObject & { status?: unknown }).status = {};
  },
  validate: (object, previous) => [...checkQuota(object), ...checkChange(object, previous)],
};

function specOf(object: KubeObject): Record<string, unknown> {
  return fieldsOf((object as KubeObject & { spec?: unknown }).spec);
}

function* checkQuota(object: KubeObject): Errors {
  const spec = specOf(object);
  for (const [resource, amount] of Object.entries(fieldsOf(spec["hard"]))) {
    const path = `spec.hard[${resource}]`;
    yield* checkResourceName(path, resource, RESOURCES);
    if (!resource.includes("/") && !isKnown(resource)) {
      yield invalidValue(path, resource, "must be a standard resource for quota");
    }
    yield* checkQuantity(path, amount, COUNTED.includes(resource) || resource.startsWith("count/"));
  }
  const scopes = Array.isArray(spec["scopes"]) ? spec["scopes"] : [];
  if (scopes.some((scope) => !SCOPES.has(scope)))
    yield invalidValue("spec.scopes", scopes, "unsupported scope");
}

function isKnown(resource: string): boolean {
  return (
    RESOURCES.has(resource) || resource.startsWith("requests.hugepages-") || resource.startsWith("hugepages-")
  );
}

function* checkChange(object: KubeObject, previous: KubeObject | undefined): Errors {
  if (previous === undefined) return;
  yield* checkImmutable("spec.scopes", specOf(object)["scopes"], specOf(previous)["scopes"]);
}
