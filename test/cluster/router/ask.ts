import { connect } from "node:net";
import type { SeenRequest } from "./pod-addresses.ts";

/** One request, byte by byte as it is sent. */
export interface Ask {
  method?: string;
  path?: string;
  /** In their order; names may repeat. */
  headers: readonly (readonly [name: string, value: string])[];
  /** Sent with a length; null for a request without a body. */
  body?: string | null;
  /** The head is complete as it is: no Host, no length is added. */
  bare?: boolean;
}

/** What became of it, as far as a client can tell. */
export interface Outcome {
  status: number;
  /** Who has answered: the sandbox, the router in upstream's shape, or something else. */
  shape: "sandbox" | "detail" | "health" | "other";
  detail?: string;
  location?: string | undefined;
  /** What the sandbox saw, without the headers that are for the router. */
  seen?: Omit<SeenRequest, "body"> & { body: number };
  /** Headers as the sandbox saw them, all. */
  headers?: SeenRequest["headers"];
  cookies: number;
  /** Bytes came back through an upgraded connection. */
  echoed: boolean;
}

const NOT_COMPARED = /^(x-sandbox-.*|x-request-id|connection)$/;

export async function ask(url: string, request: Ask): Promise<Outcome> {
  const text = await exchange(url, request);
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const header = (name: string): string | undefined => headers.find(([one]) => one === name)?.[1];
  const body = text.slice(end + 4);
  const saw = header("x-sandbox-saw");
  const base = {
    status: Number(statusLine.split(" ")[1]),
    location: header("location"),
    cookies: headers.filter(([name]) => name === "set-cookie").length,
    echoed: body.endsWith("ping"),
  };
  if (saw !== undefined) {
    const seen = JSON.parse(decodeURIComponent(saw)) as NonNullable<Outcome["seen"]>;
    const compared = Object.entries(seen.headers).filter(([name]) => !NOT_COMPARED.test(name));
    return {
      ...base,
      shape: "sandbox",
      headers: seen.headers,
      seen: { ...seen, headers: Object.fromEntries(compared) },
    };
  }
  const json = parse(body);
  if (json !== null && Object.keys(json).join() === "detail" && header("content-type") === "application/json")
    return { ...base, shape: "detail", detail: String(json["detail"]) };
  return { ...base, shape: json?.["status"] === "ok" ? "health" : "other" };
}

function exchange(
  url: string,
  { method = "GET", path = "/", headers, body = null, bare = false }: Ask,
): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const upgrades = headers.some(([name]) => name.toLowerCase() === "upgrade");
  const named = headers.some(([name]) => name.toLowerCase() === "host");
  const framed = headers.some(([name]) => /^(transfer-encoding|content-length)$/i.test(name));
  const all = [
    ...(bare || named ? [] : [["Host", host] as const]),
    ["User-Agent", "corpus"] as const,
    ["Accept-Encoding", "identity"] as const,
    ...headers,
    ...(framed || body === null ? [] : [["Content-Length", String(Buffer.byteLength(body))] as const]),
    ...(upgrades ? [] : [["Connection", "close"] as const]),
  ];
  const head = `${method} ${path} HTTP/1.1\r\n${all.map((pair) => `${pair.join(": ")}\r\n`).join("")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    let switched = false;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!switched && text.startsWith("HTTP/1.1 101") && text.includes("\r\n\r\n")) {
        switched = true;
        socket.write("ping");
      } else if (switched ? text.endsWith("ping") : upgrades && isComplete(text)) {
        socket.destroy();
        resolve(text);
      }
    });
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
    socket.write(head + (body ?? ""));
  });
}

/** Whether an answer with a length is there; a connection that asked for an upgrade stays open after a refusal. */
function isComplete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  return end !== -1 && length !== undefined && text.length >= end + 4 + Number(length);
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
