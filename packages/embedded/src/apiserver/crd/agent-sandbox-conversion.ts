// How the kinds of agent-sandbox are converted between v1alpha1 and v1beta1. v1beta1 is what is stored; what it cannot
// hold is kept in an annotation with the whole object as it was written, and taken from there on the way back.
import type { KubeObject } from "@sandgate/contract";
import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { ApiError } from "../server/api-error.ts";

const POLICY_ANNOTATION = "api.agents.x-k8s.io/v1beta1-volume-claim-templates-policy";
const POLICIES = new Set<unknown>(["Disallowed", "Allowed", "Overrides"]);
const SHADOW_POOL = "shadow-pool-";

interface Rules {
  /** Both change the copy of an object that they are given. */
  readonly up: (object: JsonObject, annotations: JsonObject) => void;
  /** `state` is the object as it was written in v1alpha1, if it was. */
  readonly down: (object: JsonObject, annotations: JsonObject, state: JsonObject | undefined) => void;
}

const RULES: Readonly<Record<string, Rules>> = {
  Sandbox: { up: sandboxUp, down: sandboxDown },
  SandboxClaim: { up: claimUp, down: claimDown },
  SandboxTemplate: { up: templateUp, down: templateDown },
  SandboxWarmPool: { up: warmPoolUp, down: warmPoolDown },
};

/**
 * Converts an object of an agent-sandbox kind. The object stays as it is; the result shares with it what is the same.
 *
 * @param version - `v1alpha1` or `v1beta1`.
 * @throws ApiError 400 for an annotation that would become an invalid field.
 */
export function convertAgentSandbox(object: KubeObject, version: string): KubeObject {
  const { apiVersion = "", kind = "" } = object;
  const [group = "", from = ""] = apiVersion.split("/");
  const rules = RULES[kind];
  if (rules === undefined || from === version) return { ...object, apiVersion: `${group}/${version}` };
  const stateAnnotation = `api.agents.x-k8s.io/v1alpha1-${kind.toLowerCase()}-state`;
  const { [stateAnnotation]: stateText, ...annotations }: JsonObject = object.metadata.annotations ?? {};
  const converted: JsonObject = { ...object, apiVersion: `${group}/${version}` };
  if (version === "v1beta1") {
    const state = JSON.stringify(stateOf(object, stateAnnotation));
    rules.up(converted, annotations);
    annotations[stateAnnotation] = state;
  } else rules.down(converted, annotations, readState(stateText));
  const { annotations: _, ...metadata } = object.metadata;
  converted["metadata"] = Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations };
  return converted as unknown as KubeObject;
}

/** The object as it was written. Who wrote which field is kept with the object itself, and would double its size here. */
function stateOf(object: KubeObject, stateAnnotation: string): KubeObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  const { [stateAnnotation]: __, ...rest } = annotations ?? {};
  return {
    ...object,
    metadata: annotations === undefined ? metadata : { ...metadata, annotations: rest },
  };
}

/** Anybody can write an annotation; one that cannot be read must not keep the object from being read. */
function readState(text: unknown): JsonObject | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sandboxUp(object: JsonObject): void {
  const { replicas, ...spec } = fieldsOf(object, "spec");
  object["spec"] = { ...spec, operatingMode: replicas === 0 ? "Suspended" : "Running" };
  if (!isJsonObject(object["status"])) return;
  const { replicas: count, ...status } = object["status"];
  if (count !== undefined && Object.keys(status).length === 0) Reflect.deleteProperty(object, "status");
  else object["status"] = status;
}

function sandboxDown(object: JsonObject, _annotations: JsonObject, state: JsonObject | undefined): void {
  const { operatingMode, ...spec } = fieldsOf(object, "spec");
  const suspended = operatingMode === "Suspended";
  const written = state === undefined ? undefined : fieldsOf(state, "spec")["replicas"];
  // As it was written, unless the sandbox has been suspended or resumed since.
  if (suspended) object["spec"] = { ...spec, replicas: 0 };
  else if (operatingMode === "Running" && state !== undefined && written === undefined) object["spec"] = spec;
  else object["spec"] = { ...spec, replicas: typeof written === "number" && written !== 0 ? written : 1 };
  const before = state === undefined ? undefined : fieldsOf(state, "status")["replicas"];
  const replicas = state === undefined ? (suspended ? 0 : 1) : before;
  const hasStatus = isJsonObject(object["status"]);
  const { nodeName: _, replicas: __, ...status } = fieldsOf(object, "status");
  // Zero is what it is if nothing is written.
  if (typeof replicas === "number" && (replicas !== 0 || before === 0)) status["replicas"] = replicas;
  if (hasStatus || Object.keys(status).length > 0) object["status"] = status;
}

function claimUp(object: JsonObject): void {
  const { sandboxTemplateRef, warmpool, volumeClaimTemplates: _, ...spec } = fieldsOf(object, "spec");
  const template = nameIn(sandboxTemplateRef);
  object["spec"] = { ...spec, warmPoolRef: { name: poolOf(object, template, warmpool) } };
}

/** The pool that a claim of v1alpha1 means. */
function poolOf(claim: JsonObject, template: string, warmpool: unknown): string {
  if (isNamedPool(warmpool)) return warmpool;
  const sandbox = nameIn(fieldsOf(claim, "status")["sandbox"]);
  if (sandbox !== "" && sandbox !== nameIn(claim["metadata"])) return withoutSuffix(sandbox);
  return SHADOW_POOL + template;
}

function claimDown(object: JsonObject, _annotations: JsonObject, state: JsonObject | undefined): void {
  const { warmPoolRef, volumeClaimTemplates: _, ...spec } = fieldsOf(object, "spec");
  const pool = nameIn(warmPoolRef);
  if (state === undefined) {
    const shadowed = pool.startsWith(SHADOW_POOL);
    const template = shadowed ? pool.slice(SHADOW_POOL.length) : pool;
    object["spec"] = {
      ...spec,
      sandboxTemplateRef: { name: template },
      warmpool: shadowed ? "default" : pool,
    };
    return;
  }
  const { sandboxTemplateRef = { name: "" }, warmpool } = fieldsOf(state, "spec");
  const expected = isNamedPool(warmpool) ? warmpool : nameIn(sandboxTemplateRef);
  const sandbox = nameIn(fieldsOf(object, "status")["sandbox"]);
  const unchanged =
    pool === expected ||
    pool === SHADOW_POOL + expected ||
    (sandbox !== "" && (pool === sandbox || pool === withoutSuffix(sandbox)));
  // Once another pool was chosen, its template is not known here; the one that was written is the best guess.
  const restored = unchanged ? warmpool : pool;
  object["spec"] = { ...spec, sandboxTemplateRef, ...(restored === undefined ? {} : { warmpool: restored }) };
}

function templateUp(object: JsonObject, annotations: JsonObject): void {
  const policy = annotations[POLICY_ANNOTATION];
  Reflect.deleteProperty(annotations, POLICY_ANNOTATION);
  const { volumeClaimTemplatesPolicy: _, ...spec } = fieldsOf(object, "spec");
  if (policy !== undefined && !POLICIES.has(policy)) {
    throw new ApiError(
      "BadRequest",
      `metadata.annotations[${POLICY_ANNOTATION}]: Unsupported value: ${JSON.stringify(policy)}: supported values: "Allowed", "Disallowed", "Overrides"`,
    );
  }
  object["spec"] = policy === undefined ? spec : { ...spec, volumeClaimTemplatesPolicy: policy };
}

function templateDown(object: JsonObject, annotations: JsonObject): void {
  const { volumeClaimTemplatesPolicy: policy, ...spec } = fieldsOf(object, "spec");
  if (typeof policy === "string" && policy !== "") annotations[POLICY_ANNOTATION] = policy;
  else Reflect.deleteProperty(annotations, POLICY_ANNOTATION);
  object["spec"] = spec;
}

function warmPoolUp(object: JsonObject): void {
  const spec = fieldsOf(object, "spec");
  object["spec"] = { ...spec, replicas: spec["replicas"] ?? 0 };
}

function warmPoolDown(object: JsonObject): void {
  const spec = fieldsOf(object, "spec");
  object["spec"] = { ...spec, replicas: spec["replicas"] ?? 1 };
  if (!isJsonObject(object["status"])) return;
  const { observedGeneration: _, ...status } = object["status"];
  object["status"] = status;
}

/** `none` and `default` are policies; any other text is the name of a pool. */
function isNamedPool(warmpool: unknown): warmpool is string {
  return typeof warmpool === "string" && warmpool !== "" && warmpool !== "none" && warmpool !== "default";
}

/** A sandbox of a pool has the pool's name, a hyphen and some letters of chance. */
function withoutSuffix(name: string): string {
  const hyphen = name.lastIndexOf("-");
  return hyphen === -1 ? name : name.slice(0, hyphen);
}

function nameIn(value: unknown): string {
  const name = isJsonObject(value) ? value["name"] : undefined;
  return typeof name === "string" ? name : "";
}

function fieldsOf(object: JsonObject, member: string): JsonObject {
  const value = object[member];
  return isJsonObject(value) ? value : {};
}
