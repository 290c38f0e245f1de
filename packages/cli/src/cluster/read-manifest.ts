import type { KubeObject } from "@sandgate/contract";
import { SANDBOXES, SANDBOXES_V1ALPHA1, type Resource } from "@sandgate/kube";
import { parseAllDocuments } from "yaml";
import { CliError } from "../cli-error.ts";

/** A Sandbox that somebody wrote, and the version that it is written in. */
export interface Manifest {
  resource: Resource;
  object: KubeObject;
}

interface Written {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
  spec?: { operatingMode?: unknown; replicas?: unknown } | null;
}

/**
 * The one Sandbox of a manifest, in YAML or JSON and in any version that the cluster serves.
 *
 * @param origin - Name of the file, for messages.
 * @param served - Versions of Sandboxes that the cluster serves.
 * @throws CliError that says what it is instead, or what to change for this cluster.
 */
export function readManifest(content: string, origin: string, served: readonly string[]): Manifest {
  const object = oneDocument(content, origin);
  if (!isSandbox(object)) {
    throw new CliError(
      `${origin}: expected one object with apiVersion ${served.map(inGroup).join(" or ")}, kind Sandbox and metadata; ` +
        "for anything else use kubectl apply.",
    );
  }
  const version = object.apiVersion.slice(SANDBOXES.group.length + 1);
  if (!served.includes(version))
    throw new CliError(
      `${origin} is written in ${version}, and this cluster serves Sandboxes as ${served.join(" and ")} only. ${advice(object, served)}`,
    );
  return { resource: { ...SANDBOXES, version }, object };
}

function oneDocument(content: string, origin: string): unknown {
  const documents = parseAllDocuments(content);
  const [first, second] = Array.isArray(documents) ? documents : [];
  const [problem] = first?.errors ?? [];
  if (problem !== undefined)
    throw new CliError(`${origin} is not YAML: ${problem.message}`, { cause: problem });
  if (second !== undefined)
    throw new CliError(`${origin} holds several objects; this takes one. For more use kubectl apply.`);
  try {
    return first?.toJS() as unknown;
  } catch (error) {
    // An alias without an anchor, or too many of them.
    throw new CliError(`${origin} is not YAML: ${(error as Error).message}`, { cause: error });
  }
}

function isSandbox(value: unknown): value is Written {
  if (typeof value !== "object" || value === null) return false;
  const { apiVersion, kind, metadata } = value as Partial<Record<string, unknown>>;
  return (
    kind === "Sandbox" &&
    typeof apiVersion === "string" &&
    apiVersion.startsWith(`${SANDBOXES.group}/`) &&
    typeof metadata === "object" &&
    metadata !== null
  );
}

/** What to write instead. The versions differ in the member that suspends, and in nothing else that a user writes. */
function advice({ spec }: Written, served: readonly string[]): string {
  if (served.includes(SANDBOXES_V1ALPHA1.version)) {
    const suspends = `replicas: ${spec?.operatingMode === "Suspended" ? 0 : 1}`;
    return toWrite(SANDBOXES_V1ALPHA1.version, spec?.operatingMode, "operatingMode", suspends);
  }
  if (served.includes(SANDBOXES.version)) {
    const suspends = `operatingMode: ${spec?.replicas === 0 ? "Suspended" : "Running"}`;
    return toWrite(SANDBOXES.version, spec?.replicas, "replicas", suspends);
  }
  return `Write it in ${served.join(" or ")}.`;
}

function toWrite(version: string, value: unknown, member: string, instead: string): string {
  const change = value === undefined ? "" : `, and spec.${instead} in the place of spec.${member}`;
  return `Write apiVersion: ${inGroup(version)}${change}.`;
}

function inGroup(version: string): string {
  return `${SANDBOXES.group}/${version}`;
}
