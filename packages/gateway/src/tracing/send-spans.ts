import { request as httpRequest, type Agent, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** What a collector said to a batch of spans. */
export type SendOutcome =
  | { kind: "taken"; rejected: number }
  /** Worth another try, after that time where it says so. */
  | { kind: "later"; why: string; afterMs: number | undefined }
  | { kind: "refused"; why: string };

export interface Collector {
  /** Where spans go, with /v1/traces. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the URL's protocol. */
  readonly agent: Agent;
}

/** Of these the specification of OTLP says that the same may be sent again. */
const WORTH_ANOTHER_TRY: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Answers are a few bytes; more than this is none of a collector's. */
const ANSWER_BYTES = 64 * 1024;

/** Sends a body of OTLP/HTTP in JSON. It never throws: what goes wrong is an outcome too. */
export function sendSpans(collector: Collector, body: string, signal: AbortSignal): Promise<SendOutcome> {
  const { url, headers, agent } = collector;
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const bytes = Buffer.from(body, "utf8");
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      const why = signal.aborted ? "no answer in time" : error.message || error.name;
      resolve({ kind: "later", why, afterMs: undefined });
    };
    try {
      const sent = request(url, {
        method: "POST",
        agent,
        signal,
        headers: { ...headers, "content-type": "application/json", "content-length": bytes.length },
      });
      sent.on("error", (error) => {
        // A kept connection that ends just then says nothing about the collector. The next one is new.
        if (sent.reusedSocket && !signal.aborted) resolve(sendSpans(collector, body, signal));
        else failed(error);
      });
      sent.on("response", (answer) => void readAnswer(answer).then(resolve, failed));
      sent.end(bytes);
    } catch (error) {
      failed(error as Error);
    }
  });
}

async function readAnswer(answer: IncomingMessage): Promise<SendOutcome> {
  const status = answer.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > ANSWER_BYTES) break;
    chunks.push(chunk);
  }
  if (status >= 200 && status < 300)
    return { kind: "taken", rejected: rejectedOf(Buffer.concat(chunks).toString()) };
  const why = `status ${status}`;
  if (!WORTH_ANOTHER_TRY.has(status)) return { kind: "refused", why };
  return { kind: "later", why, afterMs: retryAfterOf(answer.headers["retry-after"]) };
}

/** How many spans of a batch that was taken were not; 0 where the answer does not say. */
function rejectedOf(text: string): number {
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } } | null;
    // 64-bit numbers are strings in JSON of protobuf.
    const rejected = Number(answer?.partialSuccess?.rejectedSpans ?? 0);
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}

/** In milliseconds, of either form of Retry-After. */
function retryAfterOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9]{1,6}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
