import { randomUUID } from "node:crypto";
import { request } from "node:https";
import type { KubeObject } from "@sandgate/contract";
import { isJsonObject } from "../patch/json-value.ts";
import { ApiError } from "../server/api-error.ts";

export interface ConversionWebhook {
  readonly url: string;
  /** Whom to trust; absent: the system's authorities. */
  readonly caPem?: string;
}

export interface WebhookLimits {
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly answerBytes: number;
  /** Objects of one call. */
  readonly batch: number;
}

const LIMITS: WebhookLimits = { timeoutMs: 30_000, answerBytes: 64 * 1024 * 1024, batch: 500 };

/**
 * Has objects converted by the webhook of their CustomResourceDefinition (`ConversionReview` of
 * apiextensions.k8s.io/v1). Of metadata it can change labels and annotations only.
 *
 * @throws ApiError 500 if it fails, takes too long or answers otherwise than it should.
 */
export async function callConversionWebhook(
  webhook: ConversionWebhook,
  objects: readonly KubeObject[],
  desiredAPIVersion: string,
  limits: WebhookLimits = LIMITS,
): Promise<KubeObject[]> {
  const converted: KubeObject[] = [];
  for (let start = 0; start < objects.length; start += limits.batch) {
    const batch = objects.slice(start, start + limits.batch);
    converted.push(...(await convertBatch(webhook, batch, desiredAPIVersion, limits)));
  }
  return converted;
}

async function convertBatch(
  webhook: ConversionWebhook,
  objects: readonly KubeObject[],
  desiredAPIVersion: string,
  limits: WebhookLimits,
): Promise<KubeObject[]> {
  const uid = randomUUID();
  const body = JSON.stringify({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    request: { uid, desiredAPIVersion, objects },
  });
  const [first] = objects;
  const failed = (why: string): ApiError =>
    new ApiError(
      "InternalError",
      `conversion webhook for ${first?.apiVersion}, Kind=${first?.kind} failed: ${why}`,
    );
  let answer: unknown;
  try {
    answer = JSON.parse(await post(webhook, body, limits));
  } catch (error) {
    throw failed(error instanceof Error ? error.message : String(error));
  }
  const response = isJsonObject(answer) ? answer["response"] : undefined;
  if (!isJsonObject(response)) throw failed("the answer has no response");
  if (response["uid"] !== uid) {
    throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"])}`);
  }
  const result = isJsonObject(response["result"]) ? response["result"] : {};
  if (result["status"] !== "Success") {
    throw failed(
      typeof result["message"] === "string" ? result["message"] : "response.result.status was not Success",
    );
  }
  const converted = response["convertedObjects"];
  if (!Array.isArray(converted) || converted.length !== objects.length) {
    const count = Array.isArray(converted) ? converted.length : 0;
    throw failed(`it returned ${count} objects, expected ${objects.length}`);
  }
  return objects.map((object, index) => accept(object, converted[index], desiredAPIVersion, failed));
}

/** Checks that an answer is the object that was asked about, and keeps of its metadata what a webhook can't change. */
function accept(
  original: KubeObject,
  converted: unknown,
  apiVersion: string,
  failed: (why: string) => ApiError,
): KubeObject {
  if (!isJsonObject(converted)) throw failed("a converted object is no object");
  if (converted["apiVersion"] !== apiVersion || converted["kind"] !== original.kind) {
    throw failed(
      `invalid converted object: expected ${apiVersion} ${original.kind}, got ${String(converted["apiVersion"])} ${String(converted["kind"])}`,
    );
  }
  const { metadata, ...rest } = converted;
  if (!isJsonObject(metadata)) throw failed("a converted object has no metadata");
  for (const field of ["name", "namespace", "uid"] as const) {
    if (metadata[field] !== original.metadata[field]) {
      throw failed(`metadata.${field} of the object was mutated`);
    }
  }
  const { labels, annotations } = metadata;
  const { labels: _, annotations: __, ...kept } = original.metadata;
  return {
    ...rest,
    metadata: {
      ...kept,
      ...(isTexts(labels) ? { labels } : {}),
      ...(isTexts(annotations) ? { annotations } : {}),
    },
  };
}

function isTexts(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((each) => typeof each === "string");
}

function post({ url, caPem }: ConversionWebhook, body: string, limits: WebhookLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "content-length": Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(limits.timeoutMs),
        ...(caPem === undefined ? {} : { ca: caPem }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= limits.answerBytes) chunks.push(chunk);
          else {
            reject(new Error(`the answer is larger than ${limits.answerBytes} bytes`));
            call.destroy();
          }
        });
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode < 200 || statusCode > 299)
            reject(new Error(`it answered with status ${statusCode}`));
          else resolve(Buffer.concat(chunks).toString("utf8"));
        });
      },
    );
    call.on("error", (error) => {
      reject(
        error.name === "AbortError" || error.name === "TimeoutError"
          ? new Error(`no answer within ${limits.timeoutMs} ms`)
          : error,
      );
    });
    call.end(body);
  });
}
