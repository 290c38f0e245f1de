import type { RuntimeClass } from "@sandgate/contract";
import type { ResourceStrategy } from "../resource-definition.ts";
import { checkRequiredName } from "../validation/checks.ts";
import { checkImmutable } from "../validation/immutable.ts";
import { dnsLabel } from "../validation/names.ts";

export const RUNTIME_CLASS_STRATEGY: ResourceStrategy = {
  needsVersion: true,
  validate(object, previous) {
    const { handler } = object as RuntimeClass;
    const errors = [...checkRequiredName("handler", handler, dnsLabel)];
    if (previous !== undefined)
      errors.push(...checkImmutable("handler", handler, (previous as RuntimeClass).handler));
    return errors;
  },
};
