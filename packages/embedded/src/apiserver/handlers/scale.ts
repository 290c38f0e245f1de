import type { KubeObject } from "@sandgate/contract";
import { applyJsonPatch, applyMergePatch } from "../patch/index.ts";
import type { ScalePaths } from "../registry/resource-definition.ts";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { modified, noSuchResource } from "../server/status-errors.ts";
import type { AnyObject } from "../storage/entry.ts";
import { type Api, readObject } from "./api.ts";
import { requireEntry } from "./get.ts";
import { pickMetadata } from "./pick-metadata.ts";
import { updateObject } from "./update-object.ts";

interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

type Fields = Record<string, unknown>;
const ROUNDS = 5;
const SCALE_METADATA = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] as const;

/** GET of `scale`: the object's replicas as autoscaling/v1 Scale. */
export async function handleGetScale(api: Api, request: ApiRequest): Promise<Answer> {
  const object = await readObject(api, requireEntry(api, request), request.definition);
  return jsonAnswer(200, scaleOf(object, pathsOf(request)));
}

/** PUT and PATCH of `scale`: changes the one field that says how many replicas are wished for. */
export async function handleWriteScale(api: Api, request: ApiRequest): Promise<Answer> {
  const paths = pathsOf(request);
  const body = await request.body();
  for (let round = 0; round < ROUNDS; round++) {
    const entry = requireEntry(api, request);
    const previous = await readObject(api, entry, request.definition);
    const wanted = wantedScale(request, scaleOf(previous, paths), body?.value);
    const replicas = wanted.spec?.replicas ?? 0;
    if (!Number.isSafeInteger(replicas) || replicas < 0) {
      throw new ApiError(
        "Invalid",
        `Scale.autoscaling "${entry.name}" is invalid: spec.replicas: Invalid value: ${replicas}: ` +
          "should be a non-negative integer",
      );
    }
    const next = structuredClone(previous);
    setPath(next, paths.specReplicasPath, replicas);
    if (wanted.metadata.resourceVersion === undefined) delete next.metadata.resourceVersion;
    else next.metadata.resourceVersion = wanted.metadata.resourceVersion;
    const part = (_previous: AnyObject, changed: AnyObject): AnyObject => changed;
    const json = await updateObject(api, request, {
      entry,
      previous,
      next,
      problems: [],
      recorded: false,
      part,
    });
    if (json !== undefined) return jsonAnswer(200, scaleOf(JSON.parse(json) as AnyObject, paths));
  }
  throw modified(request.definition, request.resource.name ?? "");
}

function wantedScale(request: ApiRequest, present: Scale, body: unknown): Scale {
  if (request.info.verb === "update") {
    const scale = body as Partial<Scale> | undefined;
    if (scale?.kind !== undefined && scale.kind !== "Scale") {
      throw new ApiError("BadRequest", `expected a Scale, got a ${scale.kind}`);
    }
    return { ...scale, metadata: scale?.metadata ?? {} };
  }
  switch (request.mediaType) {
    case "application/json-patch+json":
      return applyJsonPatch(present, body) as Scale;
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
      // A Scale has no lists, so both kinds of merge are one.
      return applyMergePatch(present, body) as Scale;
    default:
      throw new ApiError(
        "UnsupportedMediaType",
        "accepted media types include: application/json-patch+json, application/merge-patch+json",
      );
  }
}

function scaleOf(object: AnyObject, paths: ScalePaths): Scale {
  const selector =
    paths.labelSelectorPath === undefined ? undefined : getPath(object, paths.labelSelectorPath);
  const replicas = getPath(object, paths.specReplicasPath);
  const present = getPath(object, paths.statusReplicasPath);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: pickMetadata(object.metadata, SCALE_METADATA),
    spec: { replicas: typeof replicas === "number" ? replicas : 0 },
    status: {
      replicas: typeof present === "number" ? present : 0,
      ...(typeof selector === "string" ? { selector } : {}),
    },
  };
}

function pathsOf(request: ApiRequest): ScalePaths {
  const paths = request.definition.subresources.scale;
  if (paths === undefined) throw noSuchResource();
  return paths;
}

function getPath(object: KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const step of steps(path)) {
    value = typeof value === "object" && value !== null ? (value as Fields)[step] : undefined;
  }
  return value;
}

function setPath(object: KubeObject, path: string, value: number): void {
  let parent = object as unknown as Fields;
  const all = steps(path);
  for (const step of all.slice(0, -1)) {
    const child = parent[step];
    const next: Fields = typeof child === "object" && child !== null ? (child as Fields) : {};
    parent[step] = next;
    parent = next;
  }
  parent[all.at(-1) ?? ""] = value;
}

function steps(path: string): string[] {
  return path.replace(/^\./, "").split(".");
}
