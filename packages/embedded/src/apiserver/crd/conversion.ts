import type { KubeObject } from "@sandgate/contract";
import { apiVersionOf, type ResourceDefinition } from "../registry/resource-definition.ts";
import { convertEvent, isEventKind } from "../handlers/convert-event.ts";
import type { Registry } from "../registry/registry.ts";
import { applyDefaults } from "../schema/apply-defaults.ts";
import { pruneUnknown } from "../schema/prune-unknown.ts";
import { convertAgentSandbox } from "./agent-sandbox-conversion.ts";
import { callConversionWebhook } from "./conversion-webhook.ts";

/** Brings objects from one served version of their kind into another. */
export interface Converter {
  /**
   * The object in the version of `target`, with the fields and defaults of that version; the same object if it is in that version
   * already. The given object is not changed.
   *
   * @throws ApiError 500 if a conversion webhook fails.
   */
  convert(object: KubeObject, target: ResourceDefinition): Promise<KubeObject> | KubeObject;
  /** As `convert` for many, with as few calls of a webhook as can be. The order stays. */
  convertAll(objects: readonly KubeObject[], target: ResourceDefinition): Promise<readonly KubeObject[]>;
}

export function createConverter(registry: Registry): Converter {
  /** Leaves of an object what its new version has, and fills in what that has defaults for. */
  function fit(object: KubeObject, { custom, schema }: ResourceDefinition): void {
    if (!custom) return;
    pruneUnknown(object, schema, registry.types);
    applyDefaults(object, schema, registry.types);
  }

  function here(object: KubeObject, target: ResourceDefinition, apiVersion: string): KubeObject {
    if (isEventKind(target)) return convertEvent(object, target);
    const copy = structuredClone(object);
    const converted =
      target.conversion?.strategy === "AgentSandbox"
        ? convertAgentSandbox(copy, target.version)
        : { ...copy, apiVersion };
    fit(converted, target);
    return converted;
  }

  async function remote(
    objects: readonly KubeObject[],
    target: ResourceDefinition,
    apiVersion: string,
  ): Promise<readonly KubeObject[]> {
    const { conversion } = target;
    if (conversion?.strategy !== "Webhook") return objects.map((object) => here(object, target, apiVersion));
    const converted = await callConversionWebhook(conversion, objects, apiVersion);
    for (const object of converted) fit(object, target);
    return converted;
  }

  return {
    convert(object, target) {
      const apiVersion = apiVersionOf(target);
      if (object.apiVersion === apiVersion) return object;
      if (target.conversion?.strategy !== "Webhook") return here(object, target, apiVersion);
      return remote([object], target, apiVersion).then(([converted = object]) => converted);
    },
    async convertAll(objects, target) {
      const apiVersion = apiVersionOf(target);
      const others = objects.filter((object) => object.apiVersion !== apiVersion);
      if (others.length === 0) return objects;
      const converted = (await remote(others, target, apiVersion)).values();
      return objects.map((object) =>
        object.apiVersion === apiVersion ? object : (converted.next().value ?? object),
      );
    },
  };
}
