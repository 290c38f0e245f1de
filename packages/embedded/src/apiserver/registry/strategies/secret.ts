import type { KubeObject, Secret } from "@sandgate/contract";
import type { ResourceStrategy } from "../resource-definition.ts";

type WrittenSecret = Secret & { stringData?: Record<string, string> };

export const SECRET_STRATEGY: ResourceStrategy = {
  prepareCreate: normalize,
  prepareUpdate(object, previous) {
    normalize(object);
    (object as Secret).type ??= (previous as Secret).type ?? "Opaque";
  },
};

/** `stringData` is a way to write `data`; it is never stored. */
function normalize(object: KubeObject): void {
  const secret = object as WrittenSecret;
  if (secret.type === undefined || secret.type === "") secret.type = "Opaque";
  if (secret.stringData === undefined) return;
  for (const [key, value] of Object.entries(secret.stringData ?? {})) {
    secret.data = { ...secret.data, [key]: Buffer.from(value).toString("base64") };
  }
  delete secret.stringData;
}
