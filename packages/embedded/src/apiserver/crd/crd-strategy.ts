import type { Condition, KubeObject } from "@sandgate/contract";
import type { Registry } from "../registry/registry.ts";
import type { FieldError, ResourceStrategy } from "../registry/resource-definition.ts";
import { rulesNotEnforced } from "../schema/cel/rules-not-enforced.ts";
import { isAgentSandboxKind } from "./crd-conversion.ts";
import {
  CRD_FINALIZER,
  type CrdNames,
  type CrdSpec,
  type CustomResourceDefinition,
  storageVersion,
} from "./custom-resource-definition.ts";
import { findNameConflict } from "./name-conflict.ts";
import { validateCrd } from "./validate-crd.ts";

/** Condition that lists the CEL rules which this server cannot enforce. */
const RULES_CONDITION = "ValidationRulesEnforced";

/** What CustomResourceDefinitions do beyond their schema. `now` gives epoch milliseconds. */
export function createCrdStrategy(registry: Registry, now: () => number): ResourceStrategy {
  return {
    generation: true,
    needsVersion: true,
    defaults(object) {
      const crd = object as CustomResourceDefinition;
      if (isReadable(crd)) complete(crd.spec);
    },
    prepareCreate(object) {
      const crd = object as CustomResourceDefinition;
      if (!isReadable(crd)) return;
      crd.metadata.finalizers = [...new Set([...(crd.metadata.finalizers ?? []), CRD_FINALIZER])];
      judge(registry, crd, undefined, now());
    },
    prepareUpdate(object, before) {
      const crd = object as CustomResourceDefinition;
      if (!isReadable(crd)) return;
      judge(registry, crd, before as CustomResourceDefinition, now());
    },
    validate(object, previous): readonly FieldError[] {
      return validateCrd(object, previous);
    },
    warnings: (object) => warningsOf(object as CustomResourceDefinition),
  };
}

/** Whether enough is there to be looked into; what is missing, validation tells. */
function isReadable({ spec }: KubeObject & { spec?: Partial<CrdSpec> }): boolean {
  return Array.isArray(spec?.versions) && typeof spec.names === "object" && spec.names !== null;
}

function complete(spec: CrdSpec): void {
  const { names } = spec;
  if (typeof names.kind === "string" && names.kind !== "") {
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
}

/** Sets the status that kube-apiserver's controllers would set a moment later. */
function judge(
  registry: Registry,
  crd: CustomResourceDefinition,
  before: CustomResourceDefinition | undefined,
  now: number,
): void {
  const { spec } = crd;
  const conflict = findNameConflict(registry, crd);
  const accepted =
    conflict === undefined ? namesOf(spec) : (before?.status?.acceptedNames ?? { plural: "", kind: "" });
  const established = before?.status?.conditions?.some(
    ({ type, status }) => type === "Established" && status === "True",
  );
  const next: Omit<Condition, "lastTransitionTime">[] = [
    conflict === undefined
      ? condition("NamesAccepted", true, "NoConflicts", "no conflicts found")
      : condition("NamesAccepted", false, conflict.reason, conflict.message),
    conflict === undefined || established === true
      ? condition("Established", true, "InitialNamesAccepted", "the initial names have been accepted")
      : condition("Established", false, "NotAccepted", "not all names are accepted"),
  ];
  const open = rulesNotEnforced(spec.versions);
  if (open.length > 0) {
    const message = open.map(({ path, why }) => `${path}: ${why}`).join("; ");
    next.push(condition(RULES_CONDITION, false, "RulesNotSupported", message));
  }
  const old = (crd.status?.conditions ?? before?.status?.conditions ?? []).filter(
    ({ type }) => type !== RULES_CONDITION || open.length > 0,
  );
  const stored = crd.status?.storedVersions ?? [];
  const storage = storageVersion(spec);
  crd.status = {
    conditions: mergeConditions(old, next, now),
    acceptedNames: accepted,
    storedVersions: stored.includes(storage) || storage === "" ? stored : [...stored, storage],
  };
}

function namesOf({ names }: CrdSpec): CrdNames {
  return structuredClone(names);
}

function condition(
  type: string,
  holds: boolean,
  reason: string,
  message: string,
): Omit<Condition, "lastTransitionTime"> {
  return { type, status: holds ? "True" : "False", reason, message };
}

/** The old conditions with the new ones in their places, each with the time of its last change. */
export function mergeConditions(
  old: readonly Condition[],
  next: readonly Omit<Condition, "lastTransitionTime">[],
  now: number,
): Condition[] {
  const merged = new Map(old.map((each) => [each.type, each]));
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  for (const each of next) {
    const before = merged.get(each.type);
    const same = before?.status === each.status;
    const { type, status, reason, message } = each;
    const lastTransitionTime = same ? before.lastTransitionTime : time;
    merged.set(type, { type, status, lastTransitionTime, reason, message });
  }
  return [...merged.values()];
}

function warningsOf({ spec }: CustomResourceDefinition): readonly string[] {
  const warnings = rulesNotEnforced(spec.versions).map(({ path, why }) => `${path} is not enforced: ${why}`);
  const kind = { group: spec.group, plural: spec.names.plural };
  if (isAgentSandboxKind(kind) && spec.conversion?.strategy === "Webhook") {
    warnings.push(
      `${kind.plural}.${kind.group}: this server converts the versions of this kind itself; the conversion webhook is not called`,
    );
  }
  return warnings;
}
