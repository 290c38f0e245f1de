import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject } from "@sandgate/contract";
import { CUSTOM_RESOURCE_DEFINITIONS, type KubeClient } from "@sandgate/kube";

const PATIENCE_MS = 60_000;
/** What controller-runtime asks for. The aggregator puts it together, a moment after a kind is established. */
const DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

type Definition = KubeObject & {
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] };
};
interface Discovery {
  items: {
    metadata: { name: string };
    versions: { version: string; freshness: string; resources?: { resource: string }[] }[];
  }[];
}

/**
 * Waits until discovery tells of every custom kind in every version that is served: a controller that starts before that ends
 * with `no matches for kind`. Discovery cannot be watched, so it is asked ten times a second.
 *
 * @throws Error after a minute, with those that are missing.
 */
export async function untilServed(client: KubeClient): Promise<void> {
  const { items } = await client.list(CUSTOM_RESOURCE_DEFINITIONS);
  const wanted = (items as readonly KubeObject[] as readonly Definition[]).flatMap(({ spec }) =>
    spec.versions
      .filter(({ served }) => served)
      .map(({ name }) => `${spec.group}/${name}/${spec.names.plural}`),
  );
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const response = await client.request("/apis", { headers: { accept: DISCOVERY } });
    const told = new Set(namesIn(JSON.parse(await response.body.text()) as Discovery));
    const missing = wanted.filter((name) => !told.has(name));
    if (missing.length === 0) return;
    if (Date.now() > end)
      throw new Error(`not in discovery after ${PATIENCE_MS / 1000} s: ${missing.join(", ")}`);
    await delay(100);
  }
}

function namesIn({ items }: Discovery): string[] {
  return items.flatMap(({ metadata, versions }) =>
    versions
      .filter(({ freshness }) => freshness === "Current")
      .flatMap(({ version, resources = [] }) =>
        resources.map(({ resource }) => `${metadata.name}/${version}/${resource}`),
      ),
  );
}
