import { controllerOf, type Service, type Stored } from "@sandgate/contract";
import { SERVICES } from "@sandgate/kube";
import type { ServiceFact } from "../facts.ts";
import type { Reading } from "./reading.ts";

/** The Services that Sandboxes control. */
export function readServices(reading: Reading, namespace: string | undefined): Promise<ServiceFact[] | null> {
  return reading.list(SERVICES, { namespace }, seeService);
}

function seeService({ metadata, spec }: Stored<Service>): ServiceFact | null {
  const owner = controllerOf({ metadata });
  if (owner?.kind !== "Sandbox" || !owner.apiVersion.startsWith("agents.x-k8s.io/")) return null;
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    sandboxUid: owner.uid,
    ports: spec?.ports?.length ?? 0,
  };
}
