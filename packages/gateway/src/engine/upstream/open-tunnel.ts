import type { Duplex } from "node:stream";
import type { DialTarget } from "../../routes/route.ts";

/** Opens a connection to a port of a pod that packets do not get to. */
export type OpenTunnel = (target: Extract<DialTarget, { kind: "tunnel" }>) => Promise<Duplex>;
