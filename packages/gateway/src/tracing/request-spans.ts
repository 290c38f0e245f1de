/** Spans of one request as OTLP has them in JSON. They are made as text at once: that takes a third of the time of objects. */

import { isIP } from "node:net";

/** What a recorded request tells of itself when it is over. Times are milliseconds of performance.now(), 0 where not reached. */
export interface FinishedRequest {
  readonly traceId: string;
  /** Span of the caller, empty without one. */
  readonly parentSpanId: string;
  readonly serverSpanId: string;
  /** The parent of what the sandbox does. */
  readonly clientSpanId: string;
  readonly beganMs: number;
  readonly decidedMs: number;
  /** 0 on a connection that was kept, too. */
  readonly connectedMs: number;
  readonly answeredMs: number;
  readonly endedMs: number;
  readonly requestId: string;
  readonly entry: "gateway" | "router";
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Low in number, as `/{user}/{sandbox}/*`; null where every path is the sandbox's. */
  readonly route: string | null;
  readonly scheme: "http" | "https";
  readonly protocolVersion: string;
  /** Host name that was asked for, and port that it came in by. */
  readonly host: string;
  readonly port: number;
  /** Address of the peer. */
  readonly client: string;
  readonly caller: string | null;
  readonly user: string | null;
  readonly sandbox: string | null;
  /** Status that the client got, 0 for none. */
  readonly status: number;
  /** Code of the gateway's own error. */
  readonly error: string | null;
  /** What the sandbox was reached at: an address, a service, or a pod through the API server; null where it was not asked. */
  readonly peer: { readonly host: string; readonly port: number } | null;
}

const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const SAMPLED = 0x01;
/** It is known whether the parent is in another process; and that it is. */
const KNOWS_REMOTE = 0x100;
const REMOTE = 0x200;
/** Longer ones are cut: a span is no log. */
const VALUE_CHARACTERS = 1_024;
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "QUERY",
]);

/**
 * The gateway's span and, where the sandbox was asked, the one for its part, with a comma between them.
 *
 * @param offsetMs - From performance.now() to the time since 1970.
 */
export function requestSpans(request: FinishedRequest, offsetMs: number): string {
  const server = serverSpan(request, offsetMs);
  return request.peer === null ? server : `${server},${clientSpan(request, offsetMs)}`;
}

function serverSpan(request: FinishedRequest, offsetMs: number): string {
  const { parentSpanId, target, status, error } = request;
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  let attributes = commonAttributes(request);
  attributes += `,${text("url.path", path)},${text("url.scheme", request.scheme)}`;
  // Nobody can tell what in a query is secret.
  if (query !== -1) attributes += `,${text("url.query", "REDACTED")}`;
  if (request.route !== null) attributes += `,${text("http.route", request.route)}`;
  if (request.host !== "") attributes += `,${text("server.address", request.host)}`;
  attributes += `,${whole("server.port", request.port)},${text("client.address", request.client)}`;
  attributes += `,${text("network.protocol.version", request.protocolVersion)}`;
  if (status !== 0) attributes += `,${whole("http.response.status_code", status)}`;
  attributes += `,${text("sandgate.request_id", request.requestId)},${text("sandgate.entry", request.entry)}`;
  if (request.caller !== null) attributes += `,${text("sandgate.caller", request.caller)}`;
  if (error !== null) attributes += `,${text("sandgate.error", error)}`;
  const events =
    request.decidedMs === 0 ? "" : event("sandgate.decided", nanoseconds(request.decidedMs + offsetMs));
  return spanText(
    request,
    request.serverSpanId,
    parentSpanId,
    SAMPLED | KNOWS_REMOTE | (parentSpanId === "" ? 0 : REMOTE),
    KIND_SERVER,
    nanoseconds(request.beganMs + offsetMs),
    nanoseconds(request.endedMs + offsetMs),
    attributes,
    events,
  );
}

function clientSpan(request: FinishedRequest, offsetMs: number): string {
  const { peer, connectedMs, answeredMs, status } = request;
  let attributes = commonAttributes(request);
  const host = peer!.host;
  attributes += `,${text("server.address", host)},${whole("server.port", peer!.port)}`;
  if (isIP(host) !== 0)
    attributes += `,${text("network.peer.address", host)},${whole("network.peer.port", peer!.port)}`;
  if (answeredMs !== 0) attributes += `,${whole("http.response.status_code", status)}`;
  // Of one that ended before both nobody knows.
  if (connectedMs !== 0 || answeredMs !== 0)
    attributes += `,${flag("sandgate.connection_reused", connectedMs === 0)}`;
  const events: string[] = [];
  if (connectedMs !== 0) events.push(event("sandgate.connected", nanoseconds(connectedMs + offsetMs)));
  if (answeredMs !== 0) events.push(event("sandgate.first_byte", nanoseconds(answeredMs + offsetMs)));
  return spanText(
    request,
    request.clientSpanId,
    request.serverSpanId,
    SAMPLED | KNOWS_REMOTE,
    KIND_CLIENT,
    nanoseconds(request.decidedMs + offsetMs),
    nanoseconds(request.endedMs + offsetMs),
    attributes,
    events.join(","),
  );
}

function commonAttributes({ method, user, sandbox, status, error }: FinishedRequest): string {
  let attributes = METHODS.has(method)
    ? text("http.request.method", method)
    : `${text("http.request.method", "_OTHER")},${text("http.request.method_original", method)}`;
  if (user !== null) attributes += `,${text("sandgate.user", user)}`;
  if (sandbox !== null) attributes += `,${text("sandgate.sandbox", sandbox)}`;
  if (failed(status, error)) attributes += `,${text("error.type", error ?? String(status))}`;
  return attributes;
}

function spanText(
  request: FinishedRequest,
  spanId: string,
  parentSpanId: string,
  flags: number,
  kind: number,
  start: string,
  end: string,
  attributes: string,
  events: string,
): string {
  const { traceId, method, status, error } = request;
  const parent = parentSpanId === "" ? "" : `"parentSpanId":"${parentSpanId}",`;
  const verb = METHODS.has(method) ? method : "HTTP";
  const name = kind === KIND_SERVER && request.route !== null ? `${verb} ${request.route}` : verb;
  return (
    `{"traceId":"${traceId}","spanId":"${spanId}",${parent}"flags":${flags},"name":"${name}","kind":${kind},` +
    `"startTimeUnixNano":"${start}","endTimeUnixNano":"${end}","attributes":[${attributes}],"events":[${events}],` +
    `"status":{${failed(status, error) ? '"code":2' : ""}}}`
  );
}

/** What a client did wrong, or its leaving, is no failure of the gateway; an answer that broke off is, whatever its status. */
function failed(status: number, error: string | null): boolean {
  return status >= 500 || (status < 400 && error !== null);
}

function event(name: string, time: string): string {
  return `{"timeUnixNano":"${time}","name":"${name}"}`;
}

function text(key: string, value: string): string {
  const short = value.length > VALUE_CHARACTERS ? `${value.slice(0, VALUE_CHARACTERS)}…` : value;
  return `{"key":"${key}","value":{"stringValue":${JSON.stringify(short)}}}`;
}

/** 64-bit numbers are strings in JSON of protobuf. */
function whole(key: string, value: number): string {
  return `{"key":"${key}","value":{"intValue":"${value}"}}`;
}

function flag(key: string, value: boolean): string {
  return `{"key":"${key}","value":{"boolValue":${value}}}`;
}

/** Of milliseconds since 1970, to the microsecond: a number holds no more. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}

/**
 * What stands around spans in a request to a collector.
 *
 * @param resource - What sends them, by OpenTelemetry's names.
 */
export function aroundSpans(resource: Readonly<Record<string, string>>): readonly [string, string] {
  const attributes = Object.entries(resource)
    .map(([key, value]) => text(key, value))
    .join(",");
  return [
    `{"resourceSpans":[{"resource":{"attributes":[${attributes}]},"scopeSpans":[{"scope":{"name":"sandgate"},"spans":[`,
    "]}]}]}",
  ];
}
