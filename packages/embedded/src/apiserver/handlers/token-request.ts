import { type Answer, jsonAnswer } from "../server/answer.ts";
import { ApiError, invalid } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { type Api, timestamp } from "./api.ts";
import { requireEntry } from "./get.ts";

interface TokenRequest {
  spec?: { audiences?: string[] | null; expirationSeconds?: number | null };
}

/** POST of `serviceaccounts/NAME/token`. */
export async function handleTokenRequest(api: Api, request: ApiRequest): Promise<Answer> {
  const body = await request.body();
  const account = requireEntry(api, request);
  const { spec } = (body?.value ?? {}) as TokenRequest;
  const audiences = spec?.audiences ?? [];
  const seconds = spec?.expirationSeconds ?? undefined;
  if (!Array.isArray(audiences) || audiences.some((audience) => typeof audience !== "string")) {
    throw new ApiError("BadRequest", "spec.audiences: must be a list of strings");
  }
  if (seconds !== undefined && (!Number.isSafeInteger(seconds) || seconds < 600)) {
    throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [
      {
        field: "spec.expirationSeconds",
        reason: "FieldValueInvalid",
        message: `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      },
    ]);
  }
  const { namespace = "", name, uid } = account;
  const issued = api.tokens.issue({ namespace, name, uid }, audiences, seconds);
  return jsonAnswer(201, {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace, uid, creationTimestamp: timestamp(api.now()) },
    spec: { audiences: issued.audiences, expirationSeconds: seconds ?? 3600, boundObjectRef: null },
    status: { token: issued.token, expirationTimestamp: timestamp(issued.expiresAtMs) },
  });
}
