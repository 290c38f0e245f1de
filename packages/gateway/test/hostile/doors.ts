/**
 * The ways into the gateway: three forms of an address, in cleartext and by TLS. The corpus is written for the path form; for
 * the others each message is dressed anew, and what is expected of it changes only where the form says so.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ANNOTATION_PORT } from "@sandgate/contract";
import { issueCertificate } from "../certificate-support.ts";
import { entry, openBench } from "../support.ts";
import { HOST, PATH, type HostileRequest } from "./requests/message.ts";

export type Form = "path" | "header" | "host";

export interface Door {
  readonly port: number;
  readonly secure: boolean;
  readonly form: Form;
  /** What stands where the corpus has its Host. */
  readonly hostLines: string;
}

export interface OpenDoor extends Door {
  close(): Promise<void>;
}

export interface DoorKind {
  readonly form: Form;
  readonly secure: boolean;
  readonly title: string;
}

export const DOORS: readonly DoorKind[] = (["path", "header", "host"] as const).flatMap((form) =>
  [false, true].map((secure) => ({ form, secure, title: `${form} form, ${secure ? "TLS" : "cleartext"}` })),
);
/** What the other suites of this folder use. */
export const PLAIN_DOOR = { form: "path", secure: false, hostLines: HOST } as const;

/** @param upstreamPort - Where the sandbox alice/box listens on 127.0.0.1. */
export async function openDoor(
  { form, secure }: Pick<DoorKind, "form" | "secure">,
  upstreamPort: number,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<OpenDoor> {
  const folder = secure ? mkdtempSync(join(tmpdir(), "sandgate-door-")) : null;
  const pair = folder === null ? null : await issueCertificate(folder, "door", ["localhost"]);
  const bench = await openBench((_request, response) => response.end(), {
    ...(pair === null ? {} : { tlsCert: pair.cert, tlsKey: pair.key }),
    ...(form === "header" ? { routerPort: 0 } : {}),
    ...flags,
  });
  const sandbox = entry("alice", "box").sandbox!;
  const annotations = { [ANNOTATION_PORT]: String(upstreamPort) };
  bench.routes.put("alice-box", entry("alice", "box", { sandbox: { ...sandbox, annotations } }));
  const { url, routerUrl } = bench.gateway;
  return {
    port: Number(new URL(form === "header" ? (routerUrl ?? "") : url).port),
    form,
    secure,
    hostLines: hostLinesOf(form, upstreamPort),
    async close() {
      await bench.close();
      if (folder !== null) rmSync(folder, { recursive: true });
    },
  };
}

function hostLinesOf(form: Form, upstreamPort: number): string {
  if (form === "host") return "Host: box--alice.localhost";
  return form === "path" ? HOST : `${HOST}\r\nX-Sandbox-ID: box\r\nX-Sandbox-Port: ${upstreamPort}`;
}

/** A text of the corpus as it is sent by that door; paths stay, and in the other forms all of them is the sandbox's. */
export function dressed({ hostLines }: Pick<Door, "hostLines">, bytes: string): string {
  return bytes.replaceAll(`${HOST}\r\n`, `${hostLines}\r\n`);
}

/** A case of the corpus as it is by that door. */
export function dressedRequest(
  door: Pick<Door, "form" | "hostLines">,
  request: HostileRequest,
): HostileRequest {
  const bytes = dressed(door, request.bytes);
  const expected = (door.form === "path" ? undefined : request.elsewhere?.[door.form]) ?? request.expected;
  return { ...request, bytes, expected };
}

/** The path by which the sandbox is asked in that form, without its last part. */
export function prefixOf(form: Form): string {
  return form === "path" ? PATH : "";
}
