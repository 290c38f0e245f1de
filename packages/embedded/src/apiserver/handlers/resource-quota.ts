import type { Container, KubeObject, Pod } from "@sandgate/contract";
import { isJsonEqual } from "../patch/json-value.ts";
import { compareQuantities, formatQuantity, parseQuantity } from "../registry/quantity.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { forbidden } from "../server/status-errors.ts";
import { type StoreEvent, parseEntry } from "../storage/entry.ts";
import { type Api, bucketOf } from "./api.ts";
import { type QuotaSpec, addQuantities, inScope, namespaceUsage, usageOf } from "./quota-usage.ts";
import { createWorkQueue } from "./work-queue.ts";

const QUOTAS = "/resourcequotas";
/** What every container has to name where a quota limits it. */
const COMPUTE = /^(?:(?:requests|limits)\.)?(?:cpu|memory)$/;

interface Quota extends KubeObject {
  spec?: QuotaSpec;
  status?: { hard?: Record<string, string | number>; used?: Record<string, string> };
}

/** Whether the namespace's quotas have room for a new object. @throws ApiError 403 naming what is exceeded. */
export function admitQuota(api: Api, definition: ResourceDefinition, object: KubeObject): void {
  const { namespace = "", name = "" } = object.metadata;
  const quotas = api.store.bucket(QUOTAS).snapshot({ namespace }) ?? [];
  if (quotas.length === 0) return;
  const bucket = bucketOf(definition);
  const wanted = usageOf(bucket, object, api.now());
  for (const entry of quotas) {
    const spec = (parseEntry(entry) as Quota).spec ?? {};
    if (!inScope(spec, bucket, object)) continue;
    const hard = spec.hard ?? {};
    if (bucket === "/pods") demandAmounts(definition, object as Pod, entry.name, Object.keys(hard));
    const names = Object.keys(wanted)
      .filter((each) => hard[each] !== undefined)
      .sort();
    if (names.length === 0) continue;
    const used = namespaceUsage(api.store, namespace, spec, api.now());
    const exceeded = names.filter((each) => {
      const [limit, present, more] = [parseQuantity(hard[each]), used[each], wanted[each]];
      if (limit === undefined || present === undefined || more === undefined) return false;
      return compareQuantities(addQuantities(present, more), limit) > 0;
    });
    if (exceeded.length === 0) continue;
    const say = (amount: (each: string) => string): string =>
      exceeded.map((each) => `${each}=${amount(each)}`).join(",");
    const requested = say((each) => formatAmount(wanted, each));
    const limited = say((each) => String(hard[each]));
    throw forbidden(
      definition,
      name,
      `exceeded quota: ${entry.name}, requested: ${requested}, ` +
        `used: ${say((each) => formatAmount(used, each))}, limited: ${limited}`,
    );
  }
}

/**
 * Keeps `status` of the quotas.
 *
 * @returns Stops it.
 */
export function startQuotaStatus(api: Api): () => void {
  const { store } = api;
  const queue = createWorkQueue("quota status", (namespace) => updateStatus(api, namespace), api.logger);
  const quotas = store.bucket(QUOTAS);
  const unsubscribe = store.subscribe(({ entry, type }: StoreEvent) => {
    const { namespace } = entry;
    if (namespace === undefined || quotas.entries.size === 0) return;
    // Apart from pods, only coming and going counts.
    if (type === "MODIFIED" && entry.bucket !== "/pods" && entry.bucket !== QUOTAS) return;
    queue.add(namespace);
  });
  for (const entry of quotas.entries.values()) queue.add(entry.namespace ?? "");
  return () => {
    unsubscribe();
    queue.close();
  };
}

function updateStatus(api: Api, namespace: string): void {
  for (const entry of api.store.bucket(QUOTAS).snapshot({ namespace }) ?? []) {
    const quota = parseEntry(entry) as Quota;
    const hard = quota.spec?.hard ?? {};
    const used = namespaceUsage(api.store, namespace, quota.spec ?? {}, api.now());
    const shown = Object.fromEntries(Object.keys(used).map((name) => [name, formatAmount(used, name)]));
    const status = { hard, used: shown };
    if (isJsonEqual(quota.status, status)) continue;
    api.store.update(entry, { ...quota, status } as Quota);
  }
}

/** Without an amount the pod could not be counted. */
function demandAmounts(
  definition: ResourceDefinition,
  pod: Pod,
  quota: string,
  limited: readonly string[],
): void {
  const missing: string[] = [];
  for (const name of limited.filter((each) => COMPUTE.test(each)).sort()) {
    const list = name.startsWith("limits.") ? "limits" : "requests";
    const resource = name.replace(/^(requests|limits)\./, "");
    const all: readonly Container[] = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
    const without = all.filter((container) => container.resources?.[list]?.[resource] === undefined);
    if (without.length > 0)
      missing.push(`${name} for: ${without.map((container) => container.name).join(",")}`);
  }
  if (missing.length === 0) return;
  throw forbidden(
    definition,
    pod.metadata.name ?? "",
    `failed quota: ${quota}: must specify ${missing.join("; ")}`,
  );
}

function formatAmount(usage: ReturnType<typeof usageOf>, name: string): string {
  const quantity = usage[name];
  if (quantity === undefined) return "0";
  // A sum is written anew, an amount as it was given.
  return formatQuantity(quantity);
}
