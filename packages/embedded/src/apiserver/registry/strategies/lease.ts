import type { KubeObject } from "@sandgate/contract";
import { invalidValue } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import { checkNotNegative, type Errors, fieldsOf } from "../validation/checks.ts";

export const LEASE_STRATEGY: ResourceStrategy = {
  needsVersion: true,
  validate: (object) => [...checkLease(object)],
};

function* checkLease(object: KubeObject & { spec?: unknown }): Errors {
  const spec = fieldsOf(object.spec);
  const seconds = spec["leaseDurationSeconds"];
  if (typeof seconds === "number" && seconds <= 0) {
    yield invalidValue("spec.leaseDurationSeconds", seconds, "must be greater than 0");
  }
  yield* checkNotNegative("spec.leaseTransitions", spec["leaseTransitions"]);
}
