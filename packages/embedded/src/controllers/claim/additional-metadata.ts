import type { PodTemplate } from "@sandgate/contract";
import { ClaimFailure, reconcilerError } from "./claim-failure.ts";
import { ANNOTATION_SAFE_TO_EVICT } from "../sandbox/system-keys.ts";

export interface KeyValues {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Domains under which a claim may label its pod. */
const LABEL_DOMAINS = ["sandbox.users.io"];
/** Domains under which a claim may not annotate its pod. */
const RESTRICTED_DOMAINS = ["kubernetes.io", "k8s.io", "agents.x-k8s.io"];
const EXEMPT_ANNOTATIONS = new Set([ANNOTATION_SAFE_TO_EVICT]);

const NAME_PATTERN = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const NAME = new RegExp(`^${NAME_PATTERN}$`);
const DOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/**
 * Checks a claim's `additionalPodMetadata`.
 *
 * @throws ClaimFailure InvalidMetadata, naming the first key that is refused.
 */
export function checkAdditionalMetadata({ labels = {}, annotations = {} }: KeyValues): void {
  for (const [key, value] of Object.entries(labels)) {
    const why = refuseKey(key, "label") ?? refuseLabel(key, value);
    if (why !== null) throw invalid(`failed to validate label ${quote(key)}: ${why}`);
  }
  for (const key of Object.keys(annotations)) {
    const why = refuseKey(key, "annotation") ?? refuseAnnotation(key);
    if (why !== null) throw invalid(`failed to validate annotation ${quote(key)}: ${why}`);
  }
}

/**
 * The template's pod metadata with the claim's in addition.
 *
 * @throws ClaimFailure ReconcilerError where both set a key to different values.
 */
export function mergeMetadata(
  template: PodTemplate["metadata"],
  additional: KeyValues,
): { labels: Record<string, string>; annotations: Record<string, string> } {
  const labels = { ...template?.labels };
  const annotations = { ...template?.annotations };
  merge("label", labels, additional.labels);
  merge("annotation", annotations, additional.annotations);
  return { labels, annotations };
}

function merge(
  what: string,
  into: Record<string, string>,
  from: Readonly<Record<string, string>> | undefined,
): void {
  for (const [key, value] of Object.entries(from ?? {})) {
    const known = into[key];
    if (known !== undefined && known !== value) {
      throw reconcilerError(
        `metadata override conflict: ${what} ${quote(key)} is defined in template with value ${quote(known)}, ` +
          `but claim requests ${quote(value)}`,
      );
    }
    into[key] = value;
  }
}

function refuseKey(key: string, kind: string): string | null {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  const domain = slash === -1 ? null : key.slice(0, slash);
  const why: string[] = [];
  if (domain !== null && (domain === "" || domain.length > 253 || !DOMAIN.test(domain)))
    why.push("prefix part must be a lowercase RFC 1123 subdomain");
  if (name === "") why.push("name part must be non-empty");
  else if (name.length > 63) why.push("name part must be no more than 63 bytes");
  if (!NAME.test(name)) {
    why.push(
      "name part must consist of alphanumeric characters, '-', '_' or '.', " +
        `and must start and end with an alphanumeric character (regex used for validation is '${NAME_PATTERN}')`,
    );
  }
  return why.length === 0 ? null : `invalid ${kind} key: ${quote(key)}: ${why.join("; ")}`;
}

function refuseLabel(key: string, value: string): string | null {
  if (key.toLowerCase() === "app" && value.toLowerCase() === "sandbox-router") {
    return `restricted system label value: ${quote(key)}=${quote(value)} is not allowed in AdditionalPodMetadata`;
  }
  const slash = key.indexOf("/");
  if (slash === -1) {
    return (
      `label ${quote(key)} must have a domain prefix (e.g. 'sandbox.users.io/my-label') ` +
      "to prevent opting into unintended policy domains"
    );
  }
  const domain = key.slice(0, slash).toLowerCase();
  if (!isUnder(domain, LABEL_DOMAINS)) return `label domain ${quote(domain)} is not in the allowlist`;
  if (value.length <= 63 && VALUE.test(value)) return null;
  return (
    `invalid label value: ${quote(value)} does not match allowed pattern: a valid label is empty or at most 63 ` +
    "alphanumeric characters, '-', '_' or '.', starting and ending with an alphanumeric character"
  );
}

function refuseAnnotation(key: string): string | null {
  const slash = key.indexOf("/");
  const domain = slash === -1 ? "" : key.slice(0, slash).toLowerCase();
  if (!isUnder(domain, RESTRICTED_DOMAINS) || EXEMPT_ANNOTATIONS.has(key)) return null;
  return `restricted system domain: ${quote(key)} is not allowed in AdditionalPodMetadata`;
}

function isUnder(domain: string, domains: readonly string[]): boolean {
  return domains.some((one) => domain === one || domain.endsWith(`.${one}`));
}

function invalid(message: string): ClaimFailure {
  return new ClaimFailure("InvalidMetadata", `invalid additionalPodMetadata: ${message}`);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
