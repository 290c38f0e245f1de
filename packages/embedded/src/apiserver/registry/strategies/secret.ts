import type { KubeObject, Secret } from "@sandgate/contract";
import { invalidValue, required, tooLong } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import type { Errors } from "../validation/checks.ts";
import { checkImmutable } from "../validation/immutable.ts";
import { MAX_DATA_BYTES, checkDataKeys, checkImmutableData, decodedBytes } from "./config-map.ts";

type WrittenSecret = Secret & { stringData?: Record<string, string> | null };

/** Keys that a type of Secret has to have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};
const JSON_KEYS = new Set([".dockercfg", ".dockerconfigjson"]);
const ACCOUNT_NAME = "kubernetes.io/service-account.name";

export const SECRET_STRATEGY: ResourceStrategy = {
  defaults: normalize,
  validate: (object, previous) => [...checkSecret(object), ...checkChange(object, previous)],
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

function* checkSecret(object: Secret): Errors {
  const data = object.data ?? {};
  const type = object.type ?? "";
  yield* checkDataKeys("data", data);
  if (decodedBytes(data) > MAX_DATA_BYTES) yield tooLong("data", MAX_DATA_BYTES);
  for (const key of REQUIRED_KEYS[type] ?? []) {
    if (!Object.hasOwn(data, key) || (key === "ssh-privatekey" && data[key] === ""))
      yield required(`data[${key}]`);
    else if (JSON_KEYS.has(key) && !isJsonObject(data[key] ?? "")) {
      yield invalidValue(`data[${key}]`, "<secret contents redacted>", "must be a JSON object");
    }
  }
  if (
    type === "kubernetes.io/basic-auth" &&
    !Object.hasOwn(data, "username") &&
    !Object.hasOwn(data, "password")
  ) {
    yield required("data[username]");
    yield required("data[password]");
  }
  const account = object.metadata.annotations?.[ACCOUNT_NAME] ?? "";
  if (type === "kubernetes.io/service-account-token" && account === "") {
    yield required(`metadata.annotations[${ACCOUNT_NAME}]`);
  }
}

function isJsonObject(base64: string): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, "base64").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function* checkChange(object: Secret, previous: Secret | undefined): Errors {
  if (previous === undefined) return;
  yield* checkImmutable("type", object.type, previous.type);
  yield* checkImmutableData(object, previous, ["data"]);
}
