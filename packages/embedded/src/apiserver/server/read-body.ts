import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";
import { scanJson } from "./scan-json.ts";

/** As a kube-apiserver takes: 3 MiB of request, of which one object may be half. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

export interface DecodedBody {
  readonly value: unknown;
  /** Paths of members that the text has twice. */
  readonly duplicates: readonly string[];
}

/** @throws ApiError 413 past the limit; the caller closes the connection then, as the rest stays unread. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = (): ApiError =>
    new ApiError("RequestEntityTooLarge", `Request entity too large: limit is ${MAX_BODY_BYTES}`);
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/** `application/json; charset=utf-8` without its parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/**
 * Decodes a body by its media type; JSON where none is named.
 *
 * @throws ApiError 415 for another type, 400 for a body that is not what it says.
 */
export async function decodeBody(bytes: Buffer, type: string): Promise<DecodedBody> {
  switch (type) {
    case "":
    case "application/json":
    case "application/json-patch+json":
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
      return decodeJson(bytes.toString("utf8"));
    case "application/yaml":
    case "application/apply-patch+yaml":
      return await decodeYaml(bytes.toString("utf8"));
    case "application/vnd.kubernetes.protobuf": {
      const { decodeProtobufBody } = await import("../protobuf/decode.ts");
      return { value: decodeProtobufBody(bytes), duplicates: [] };
    }
    default:
      throw new ApiError(
        "UnsupportedMediaType",
        `the body of the request was in an unknown format - accepted media types include: ` +
          `application/json, application/yaml, application/vnd.kubernetes.protobuf`,
      );
  }
}

function decodeJson(text: string): DecodedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ApiError("BadRequest", `couldn't read the body as JSON: ${messageOf(error)}`);
  }
  return { value, duplicates: scanJson(text) };
}

async function decodeYaml(text: string): Promise<DecodedBody> {
  // Clients send JSON under this type more often than not.
  if (/^\s*\{/.test(text)) {
    try {
      return decodeJson(text);
    } catch (error) {
      if (!(error instanceof ApiError) || !error.message.includes("as JSON")) throw error;
    }
  }
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { uniqueKeys: false, version: "1.1", schema: "core", merge: true });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new ApiError("BadRequest", `couldn't read the body as YAML: ${problem.message}`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ApiError("BadRequest", `couldn't read the body as YAML: ${messageOf(error)}`);
  }
  // Through JSON: what YAML knows beyond it (dates, NaN, keys that are no strings) has no place in an object.
  const json = JSON.stringify(value ?? null);
  const strict = parseDocument(text, { uniqueKeys: true, version: "1.1", schema: "core", merge: true });
  const duplicates = strict.errors
    .filter((error) => error.code === "DUPLICATE_KEY")
    .map((error) => error.message);
  scanJson(json);
  return { value: JSON.parse(json), duplicates };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
