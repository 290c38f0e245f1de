import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";
import type { ClusterAccess } from "@sandgate/kube";

const PB = "application/vnd.kubernetes.protobuf";
const JSON_TYPE = "application/json";
/** What clients accept, by a short name. */
export const ACCEPT = {
  "PB, */*": `${PB}, */*`,
  "PB,JSON": `${PB},${JSON_TYPE}`,
  "JSON, */*": `${JSON_TYPE}, */*`,
  JSON: JSON_TYPE,
  discovery: ["v2", "v2beta1"]
    .map((version) => `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
    .concat(JSON_TYPE)
    .join(","),
  table: ["v1", "v1beta1"]
    .map((version) => `${JSON_TYPE};as=Table;v=${version};g=meta.k8s.io`)
    .concat(JSON_TYPE)
    .join(","),
  openapi: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
} as const;
const BODY_TYPES = {
  PB,
  JSON: JSON_TYPE,
  "merge-patch": "application/merge-patch+json",
  "json-patch": "application/json-patch+json",
  "apply-patch+yaml": "application/apply-patch+yaml",
} as const;

export type Accept = keyof typeof ACCEPT;
type BodyType = keyof typeof BODY_TYPES;
export interface Body {
  type: BodyType;
  content: unknown;
}
export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
  json: Record<string, unknown>;
}
export interface CallOptions {
  accept?: Accept;
  body?: Body | undefined;
  headers?: Record<string, string>;
}

export interface WatchEvent {
  type: string;
  object: {
    kind: string;
    metadata: { name?: string; annotations?: Record<string, string> };
    status?: unknown;
  };
}

function encode({ content }: Body): Buffer {
  return Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
}

/** Requests as clients make them, byte for byte: no client library has a say in headers or bodies. */
export interface WireClient {
  open(method: string, path: string, options?: CallOptions): ClientRequest;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** @throws Error if the object is not made. */
  create(path: string, object: object): Promise<Answer>;
  /** Status of the same GET with the answer's ETag. */
  revalidate(path: string, answer: Answer, accept: Accept): Promise<number>;
  /** Watches until an event is as wanted, and ends the watch. */
  until(path: string, isWanted: (event: WatchEvent) => boolean, accept?: Accept): Promise<WatchEvent>;
}

export function createWireClient(access: ClusterAccess): WireClient {
  function open(method: string, path: string, { accept, body, headers }: CallOptions = {}): ClientRequest {
    const { server, caPem, token } = access;
    return httpsRequest(server + path, {
      method,
      ...(caPem === undefined ? {} : { ca: caPem }),
      headers: {
        Authorization: `Bearer ${String(token)}`,
        ...(accept === undefined ? {} : { Accept: ACCEPT[accept] }),
        ...(body === undefined
          ? {}
          : { "Content-Type": BODY_TYPES[body.type], "Content-Length": encode(body).length }),
        ...headers,
      },
    });
  }

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const request = open(method, path, options);
    request.end(options.body === undefined ? undefined : encode(options.body));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const isJson = (response.headers["content-type"] ?? "").startsWith("application/json");
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: isJson && text !== "" ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  async function create(path: string, object: object): Promise<Answer> {
    const answer = await call("POST", path, { accept: "JSON", body: { type: "JSON", content: object } });
    if (answer.status !== 201) throw new Error(`cannot make ${path}: ${answer.text}`);
    return answer;
  }

  async function revalidate(path: string, { headers }: Answer, accept: Accept): Promise<number> {
    const again = await call("GET", path, { accept, headers: { "If-None-Match": headers.etag ?? "" } });
    return again.status;
  }

  async function until(
    path: string,
    isWanted: (event: WatchEvent) => boolean,
    accept: Accept = "JSON",
  ): Promise<WatchEvent> {
    const request = open("GET", path, { accept });
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    try {
      for await (const line of createInterface({ input: response })) {
        const event = JSON.parse(line) as WatchEvent;
        if (event.type === "ERROR") throw new Error(line);
        if (isWanted(event)) return event;
      }
    } finally {
      response.destroy();
    }
    throw new Error(`the watch of ${path} ended`);
  }

  return { open, call, create, revalidate, until };
}
