import { ApiError } from "../server/api-error.ts";

/**
 * Reads the `resourceVersion` of a query: undefined for none, 0 for "any".
 *
 * @throws ApiError 400 for text, 504 for a version that this server has not reached, as after its data was removed.
 */
export function checkResourceVersion(text: string | null, current: number): number | undefined {
  if (text === null || text === "") return undefined;
  if (!/^\d{1,16}$/.test(text)) {
    throw new ApiError(
      "BadRequest",
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: not a version`,
    );
  }
  const revision = Number(text);
  if (revision > current) {
    throw new ApiError("Timeout", `Timeout: Too large resource version: ${revision}, current: ${current}`, {
      retryAfterSeconds: 1,
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    });
  }
  return revision;
}

/** Why a client has to list anew. */
export function tooOld(revision: number, current: number): ApiError {
  return new ApiError("Expired", `too old resource version: ${revision} (${current})`);
}
