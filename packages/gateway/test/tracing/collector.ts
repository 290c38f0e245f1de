/** A collector of the test's own: takes OTLP/HTTP in JSON, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** An attribute's value as OTLP has it, by its kind. */
interface OtlpValue {
  stringValue?: string;
  intValue?: string;
  boolValue?: boolean;
}

/** A span as it came, with its attributes as a map. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, string | number | boolean>;
  events: { name: string; timeUnixNano: string }[];
  status: { code?: number };
}

export const SERVER = 2;
export const CLIENT = 3;

export interface Batch {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  resource: Record<string, string | number | boolean>;
  spans: Span[];
}

/** What it says to the next batch. */
export interface CollectorAnswer {
  /** 0: it ends the connection without a word. */
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface TestCollector {
  url: string;
  batches: Batch[];
  readonly spans: Span[];
  /** One for each batch to come; 200 where there is none. */
  answers: CollectorAnswer[];
  /** Holds answers back until it is called. */
  hold(): () => void;
  close(): Promise<void>;
}

export async function openCollector(port = 0): Promise<TestCollector> {
  const batches: Batch[] = [];
  const answers: CollectorAnswer[] = [];
  let held: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const { status, headers, body } = answers.shift() ?? { status: 200 };
      if (status === 0) {
        request.socket.destroy();
        return;
      }
      if (status === 200) batches.push(batchOf(request.url ?? "", request.headers, text));
      void held.then(() => response.writeHead(status, headers).end(body ?? "{}"));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    batches,
    answers,
    get spans() {
      return batches.flatMap((batch) => batch.spans);
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function batchOf(path: string, headers: IncomingHttpHeaders, text: string): Batch {
  const { resourceSpans } = JSON.parse(text) as {
    resourceSpans: [
      {
        resource: { attributes: { key: string; value: OtlpValue }[] };
        scopeSpans: [
          { spans: (Omit<Span, "attributes"> & { attributes: { key: string; value: OtlpValue }[] })[] },
        ];
      },
    ];
  };
  const [{ resource, scopeSpans }] = resourceSpans;
  return {
    path,
    headers,
    text,
    resource: mapOf(resource.attributes),
    spans: scopeSpans[0].spans.map((span) => ({ ...span, attributes: mapOf(span.attributes) })),
  };
}

function mapOf(attributes: { key: string; value: OtlpValue }[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? Number.NaN),
    ]),
  );
}
