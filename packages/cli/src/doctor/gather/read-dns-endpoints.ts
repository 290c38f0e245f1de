import { ENDPOINT_SLICES, SERVICES } from "@sandgate/kube";
import type { Reading } from "./reading.ts";

const NAMESPACE = "kube-system";
/** Of CoreDNS too, on every kind of cluster that keeps to the usual name. */
const NAME = "kube-dns";

/** How many addresses the cluster's DNS has that are ready; null where it has none by that name, or they may not be read. */
export async function readDnsEndpoints(reading: Reading): Promise<number | null> {
  const services = await reading.list(
    SERVICES,
    { namespace: NAMESPACE, fieldSelector: `metadata.name=${NAME}` },
    ({ metadata }) => metadata.name,
  );
  if (services === null || services.length === 0) return null;
  const slices = await reading.list(
    ENDPOINT_SLICES,
    { namespace: NAMESPACE, labelSelector: `kubernetes.io/service-name=${NAME}` },
    // A server writes no list at all where it is empty.
    ({ endpoints }) => (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length,
  );
  return slices === null ? null : slices.reduce((sum, count) => sum + count, 0);
}
