import { randomUUID } from "node:crypto";
import type { KubeObject } from "@sandgate/contract";
import { type Api, timestamp } from "../handlers/api.ts";
import { deleteObject } from "../handlers/delete-object.ts";
import { createWorkQueue } from "../handlers/work-queue.ts";
import { isJsonEqual } from "../patch/json-value.ts";
import { type Entry, type StoreEvent, parseEntry } from "../storage/entry.ts";
import { AGENT_SANDBOX_VERSION, VERSION_ANNOTATION, agentSandboxCrds } from "./agent-sandbox-crds.ts";
import { createCrdStrategy, mergeConditions } from "./crd-strategy.ts";
import { CRD_BUCKET, CRD_FINALIZER, type CustomResourceDefinition } from "./custom-resource-definition.ts";
import { definitionsFromCrd } from "./definitions-from-crd.ts";

/** Objects that are deleted between two requests. */
const PORTION = 50;

/**
 * Makes sure that the kinds of agent-sandbox are declared, in the release that this server comes with. A definition
 * that somebody else has put in their place stays.
 */
export function ensureAgentSandboxCrds(api: Api): void {
  for (const shared of agentSandboxCrds()) {
    const { name = "", annotations } = shared.metadata;
    const present = api.store.get(CRD_BUCKET, name);
    const object = present === undefined ? undefined : (parseEntry(present) as KubeObject);
    const version = object?.metadata.annotations?.[VERSION_ANNOTATION];
    if (object !== undefined && (version === undefined || version === AGENT_SANDBOX_VERSION)) continue;
    const metadata = object?.metadata ?? {
      name,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: timestamp(api.now()),
    };
    const crd: CustomResourceDefinition = {
      ...shared,
      metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
      // Completed in place, and the shared one is not to be changed.
      spec: { ...shared.spec, names: { ...shared.spec.names } },
    };
    const strategy = createCrdStrategy(api.registry, api.now);
    strategy.defaults?.(crd);
    if (object === undefined) strategy.prepareCreate?.(crd);
    else strategy.prepareUpdate?.(crd, object);
    if (present === undefined) api.store.create(CRD_BUCKET, crd);
    else api.store.update(present, crd);
  }
}

/**
 * Serves what the stored CustomResourceDefinitions declare, from now on and as they change; a definition that is
 * deleted takes its objects with it. A change is served before the next request.
 *
 * @returns Stops it.
 */
export function startCustomResources(api: Api): () => void {
  const { registry, store } = api;
  const queue = createWorkQueue(
    "deleting custom resources",
    (name) => empty(api, name, () => queue.add(name)),
    api.logger,
  );

  const freed = createWorkQueue("accepting names", (name) => reconsider(api, name), api.logger);

  function onEvent({ type, entry, previous }: StoreEvent): void {
    if (entry.bucket === CRD_BUCKET) {
      if (type === "DELETED") {
        registry.remove(entry.name);
        // Its names may be what another definition waits for.
        for (const other of store.bucket(CRD_BUCKET).entries.values()) freed.add(other.name);
      } else establish(api, entry, previous);
      if (type !== "DELETED" && entry.deleting) queue.add(entry.name);
    } else if (type !== "ADDED") {
      const owner = definitionName(entry);
      if (store.get(CRD_BUCKET, owner)?.deleting === true) queue.add(owner);
    }
  }

  const unsubscribe = store.subscribe(onEvent);
  for (const entry of store.bucket(CRD_BUCKET).entries.values()) {
    establish(api, entry, undefined);
    if (entry.deleting) queue.add(entry.name);
  }
  return () => {
    unsubscribe();
    queue.close();
    freed.close();
  };
}

/** Judges a definition anew that could not have the names that it wants. */
function reconsider(api: Api, name: string): void {
  const entry = api.store.get(CRD_BUCKET, name);
  if (entry === undefined || entry.deleting) return;
  const crd = parseEntry(entry) as unknown as CustomResourceDefinition;
  const accepted = crd.status?.conditions?.some(
    ({ type, status }) => type === "NamesAccepted" && status === "True",
  );
  if (accepted === true) return;
  createCrdStrategy(api.registry, api.now).prepareUpdate?.(crd, parseEntry(entry));
  if (JSON.stringify(crd) !== entry.json) api.store.update(entry, crd);
}

function establish({ registry }: Api, entry: Entry, previous: Entry | undefined): void {
  const crd = parseEntry(entry) as unknown as CustomResourceDefinition;
  // A change of metadata or status leaves what is served, and what was compiled for it, as it is.
  if (previous !== undefined && previous.deleting === entry.deleting && isEstablished(crd)) {
    const before = parseEntry(previous) as unknown as CustomResourceDefinition;
    if (isEstablished(before) && isJsonEqual(before.spec, crd.spec)) return;
  }
  if (!isEstablished(crd)) registry.remove(entry.name);
  else registry.set(entry.name, definitionsFromCrd(withSharedSpec(crd)));
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") === true;
}

/** The definitions of this release share their parts, which what was read back from the store does not. */
function withSharedSpec(crd: CustomResourceDefinition): CustomResourceDefinition {
  if (crd.metadata.annotations?.[VERSION_ANNOTATION] !== AGENT_SANDBOX_VERSION) return crd;
  const shared = agentSandboxCrds().find(({ metadata }) => metadata.name === crd.metadata.name);
  return shared !== undefined && isJsonEqual(shared.spec, crd.spec) ? { ...crd, spec: shared.spec } : crd;
}

/** `sandboxes.agents.x-k8s.io` for an object of that kind. */
function definitionName({ bucket }: Entry): string {
  const slash = bucket.indexOf("/");
  return `${bucket.slice(slash + 1)}.${bucket.slice(0, slash)}`;
}

/** Deletes the objects of a definition that is going away, and lets it go when they are gone. */
function empty(api: Api, name: string, again: () => void): void {
  const entry = api.store.get(CRD_BUCKET, name);
  if (entry?.deleting !== true) return;
  const crd = parseEntry(entry) as unknown as CustomResourceDefinition;
  if (crd.metadata.finalizers?.includes(CRD_FINALIZER) !== true) return;
  const { group, names } = crd.spec;
  const definition = api.registry.list().find((row) => row.group === group && row.plural === names.plural);
  let waiting = false;
  let removals = 0;
  for (const each of api.store.bucket(`${group}/${names.plural}`).snapshot({}) ?? []) {
    // Deleting one object may already have taken the next one with it.
    const present = api.store.byUid(each.uid);
    if (present === undefined) continue;
    if (!present.deleting && removals++ === PORTION) {
      again();
      return;
    }
    const gone =
      !present.deleting &&
      (definition === undefined
        ? api.store.remove(present) !== undefined
        : deleteObject(api, definition, present, {}).gone);
    if (!gone) waiting = true;
  }
  const now = api.store.get(CRD_BUCKET, name);
  if (now === undefined) return;
  if (waiting) report(api, now);
  else finish(api, now);
}

function report(api: Api, entry: Entry): void {
  const crd = parseEntry(entry) as unknown as CustomResourceDefinition;
  const before = crd.status?.conditions ?? [];
  const conditions = mergeConditions(
    before,
    [
      {
        type: "Terminating",
        status: "True",
        reason: "InstanceDeletionInProgress",
        message: "CustomResource deletion is in progress",
      },
    ],
    api.now(),
  );
  if (isJsonEqual(before, conditions)) return;
  crd.status = { ...crd.status, conditions };
  api.store.update(entry, crd);
}

function finish(api: Api, entry: Entry): void {
  const crd = parseEntry(entry) as unknown as CustomResourceDefinition;
  const finalizers = (crd.metadata.finalizers ?? []).filter((each) => each !== CRD_FINALIZER);
  if (finalizers.length === 0) {
    delete crd.metadata.finalizers;
    api.store.remove(entry, crd);
    return;
  }
  crd.metadata.finalizers = finalizers;
  api.store.update(entry, crd);
}
