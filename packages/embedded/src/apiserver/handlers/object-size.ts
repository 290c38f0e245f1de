import type { KubeObject } from "@sandgate/contract";
import { ApiError } from "../server/api-error.ts";

/** What etcd takes of one object by default; larger ones could not move to a cluster. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/** @throws ApiError 413 with the remedy. */
export function checkSize(object: KubeObject): void {
  const json = JSON.stringify(object);
  // A character is at most three bytes: the count is needed near the limit only.
  if (json.length * 3 <= MAX_OBJECT_BYTES) return;
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_OBJECT_BYTES) return;
  throw new ApiError(
    "RequestEntityTooLarge",
    `Request entity too large: the object is ${bytes} bytes as JSON, at most ${MAX_OBJECT_BYTES} can be stored: ` +
      "split it, or keep the data in a volume",
  );
}
