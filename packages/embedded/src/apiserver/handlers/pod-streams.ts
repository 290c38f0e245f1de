// Logs and streams of a pod come from its node. The node listens on a Unix socket, which its Node object names, and
// speaks HTTP with a kubelet's paths; this server authenticates, finds the node and passes the bytes on.
import { type IncomingMessage, request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pod } from "@sandgate/contract";
import type { StreamedAnswer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { parseEntry } from "../storage/entry.ts";
import type { Api } from "./api.ts";
import { requireEntry } from "./get.ts";
import { chooseContainer } from "./pod-container.ts";

const SOCKET_ANNOTATION = "node.sandgate.dev/kubelet-socket";
/** Subresources of a pod that begin with an upgrade, with the node's word for them. */
const STREAMS: Readonly<Record<string, string>> = {
  exec: "exec",
  attach: "attach",
  portforward: "portForward",
};
const PASSED_HEADERS = /^(upgrade|connection|sec-websocket-.*|x-stream-protocol-version)$/i;
const TOKEN_PROTOCOL = /^base64url\.bearer\.authorization\.k8s\.io\./;
const MAX_ERROR_BYTES = 64 * 1024;

/** Where a pod's node takes a request; undefined: the pod has no node yet. */
interface NodeTarget {
  readonly socketPath: string;
  readonly path: string;
}

export function isStream(subresource: string | undefined): boolean {
  return subresource !== undefined && Object.hasOwn(STREAMS, subresource);
}

/** GET of `pods/log`, followed as long as the client wants. */
export async function handlePodLog(api: Api, request: ApiRequest): Promise<StreamedAnswer> {
  const target = findNode(api, request, "containerLogs");
  const upstream = target === undefined ? undefined : await ask(target);
  if (upstream !== undefined && upstream.statusCode !== 200) throw await explain(upstream);
  return {
    stream: async (response) => {
      response.setHeader("Content-Type", "text/plain");
      response.setHeader("Cache-Control", "no-cache, private");
      response.flushHeaders();
      if (upstream === undefined) {
        response.end();
        return;
      }
      try {
        await pipeline(upstream, response);
      } catch {
        // The client or the node has gone; the client sees its stream end.
        response.destroy();
      }
    },
  };
}

/** A request for a stream that did not ask for an upgrade. */
export async function refusePlainStream(_api: Api, request: ApiRequest): Promise<StreamedAnswer> {
  return await Promise.reject(
    new ApiError("BadRequest", `Upgrade request required: pods/${request.resource.subresource ?? ""}`),
  );
}

/**
 * Passes an upgrade on to the pod's node and then every byte, both ways, until one side ends.
 *
 * @throws ApiError before anything is written to `client`.
 */
export async function tunnelPodStream(
  api: Api,
  request: ApiRequest,
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  const action = STREAMS[request.resource.subresource ?? ""] ?? "";
  const target = findNode(api, request, action);
  if (target === undefined) {
    throw new ApiError("BadRequest", `pod ${request.resource.name ?? ""} does not have a host assigned`);
  }
  const { node, answer, nodeHead } = await upgrade(target, incoming);
  const lines = [`HTTP/1.1 101 Switching Protocols`];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  }
  client.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (nodeHead.length > 0) client.write(nodeHead);
  if (head.length > 0) node.write(head);
  for (const [from, to] of [
    [client, node],
    [node, client],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

function findNode(api: Api, request: ApiRequest, action: string): NodeTarget | undefined {
  const pod = parseEntry(requireEntry(api, request)) as unknown as Pod;
  const { namespace = "", name = "" } = pod.metadata;
  const query = new URLSearchParams(request.query);
  query.delete("container");
  let where = `/${action}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  if (action !== "portForward") {
    const container = chooseContainer(pod, request.query.get("container") ?? "");
    where += `/${encodeURIComponent(container)}`;
  }
  const { nodeName = "" } = pod.spec;
  if (nodeName === "") return undefined;
  const node = api.store.get("/nodes", nodeName);
  const socketPath =
    node === undefined ? undefined : parseEntry(node).metadata.annotations?.[SOCKET_ANNOTATION];
  if (socketPath === undefined || socketPath === "") {
    throw new ApiError(
      "InternalError",
      `node ${nodeName} of pod ${name} cannot be reached: it names no socket`,
    );
  }
  const text = query.toString();
  return { socketPath, path: text === "" ? where : `${where}?${text}` };
}

function ask({ socketPath, path }: NodeTarget): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, path, method: "GET", headers: { Host: "node" } }, resolve);
    outgoing.on("error", (error) => reject(unreachable(error)));
    outgoing.end();
  });
}

interface Upgraded {
  readonly answer: IncomingMessage;
  readonly node: Duplex;
  readonly nodeHead: Buffer;
}

function upgrade({ socketPath, path }: NodeTarget, incoming: IncomingMessage): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      socketPath,
      path,
      method: incoming.method,
      headers: { Host: "node", ...passedHeaders(incoming) },
    });
    outgoing.on("upgrade", (answer, node, nodeHead) => resolve({ answer, node, nodeHead }));
    outgoing.on("response", (response) => {
      explain(response).then(reject, reject);
    });
    outgoing.on("error", (error) => reject(unreachable(error)));
    outgoing.end();
  });
}

/** What belongs to the upgrade, without the credentials that a WebSocket client may have among its protocols. */
function passedHeaders(incoming: IncomingMessage): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  const { rawHeaders } = incoming;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (!PASSED_HEADERS.test(name)) continue;
    let value = rawHeaders[index + 1] ?? "";
    if (name === "sec-websocket-protocol") {
      const protocols = value.split(",").map((protocol) => protocol.trim());
      value = protocols.filter((protocol) => !TOKEN_PROTOCOL.test(protocol)).join(", ");
    }
    (headers[name] ??= []).push(value);
  }
  return headers;
}

/** The node's own words, as the Status that clients print. */
async function explain(response: IncomingMessage): Promise<ApiError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_ERROR_BYTES) chunks.push(chunk);
  }
  const message = Buffer.concat(chunks).toString("utf8").trim() || `the node answered ${response.statusCode}`;
  if (response.statusCode === 404) return new ApiError("NotFound", message);
  if (response.statusCode === 400) return new ApiError("BadRequest", message);
  return new ApiError("InternalError", message);
}

function unreachable(error: Error): ApiError {
  return new ApiError("ServiceUnavailable", `the pod's node cannot be reached: ${error.message}`);
}
