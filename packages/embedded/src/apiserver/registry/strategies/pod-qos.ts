import type { PodSpec } from "@sandgate/contract";
import type { JsonObject } from "../../patch/json-value.ts";
import { compareQuantities, parseQuantity, type Quantity } from "../quantity.ts";
import { elementsOf, fieldsOf } from "../validation/checks.ts";

const COMPUTE = ["cpu", "memory"] as const;

/**
 * The quality-of-service class that a pod's requests and limits make: `Guaranteed` if every container limits CPU and
 * memory and requests the same, `BestEffort` if none asks for any, else `Burstable`.
 */
export function qosClass(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...elementsOf(spec.containers, ""), ...elementsOf(spec.initContainers, "")].map(
    ([each]) => each,
  );
  if (!containers.some((container) => COMPUTE.some((resource) => asksFor(container, resource))))
    return "BestEffort";
  const guaranteed = containers.every((container) =>
    COMPUTE.every((resource) => isFixed(container, resource)),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

function amount(container: JsonObject, list: "limits" | "requests", resource: string): Quantity | undefined {
  const quantity = parseQuantity(fieldsOf(fieldsOf(container["resources"])[list])[resource]);
  return quantity !== undefined && quantity.digits > 0n ? quantity : undefined;
}

function asksFor(container: JsonObject, resource: string): boolean {
  return (
    amount(container, "limits", resource) !== undefined ||
    amount(container, "requests", resource) !== undefined
  );
}

function isFixed(container: JsonObject, resource: string): boolean {
  const limit = amount(container, "limits", resource);
  const request = amount(container, "requests", resource) ?? limit;
  return limit !== undefined && request !== undefined && compareQuantities(limit, request) === 0;
}
