import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER_KEY } from "@sandgate/contract";
import type { BenchSandbox } from "../sandboxes.ts";
import { bundledGateway } from "./bundled-gateway.ts";
import { pathNaming, type Candidate, type CandidateSetup } from "./candidate.ts";
import type { SandgateSetup } from "./sandgate-process.ts";
import { startCandidate } from "./start-candidate.ts";

/** What of the gateway is on. */
export interface SandgateSettings {
  readonly title: string;
  /** An API key for each user; on by default. */
  readonly keys?: boolean;
  /** The access log; on by default. */
  readonly log?: boolean;
  /** Keys of the configuration beside those of every gateway here; a listener of metrics is among those. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sent with each request besides. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Flags of Node.js, for a profile. */
  readonly flags?: readonly string[];
}

/**
 * Sandgate as its image runs it, bundled as it is published, with routes made by hand in place of a watch. The image starts Node.js
 * without flags. The command of a laptop keeps the young generation at 2 MiB, which is less memory for more collections of garbage:
 * what is right for a gateway that a few pages go through, and none of what is measured here.
 */
export async function startSandgate(
  { sandboxes, ports, certificate }: CandidateSetup,
  { title, keys = true, log = true, config, headers: more, flags = [] }: SandgateSettings,
): Promise<Candidate> {
  const main = await bundledGateway();
  return startCandidate(
    {
      title,
      version: "this tree",
      warmsUp: true,
      rewriting: { forwarded: ["for", "host", "proto", "prefix"], cut: [HEADER_KEY] },
      http2: "on its port",
      certificate,
      sandboxes,
      naming(sandbox) {
        const { prefix } = pathNaming(sandbox);
        return { prefix, headers: { ...(keys ? { [HEADER_KEY]: keyOf(CALLER) } : {}), ...more } };
      },
    },
    (folder, port) => {
      const keysFile = join(folder, "keys.yaml");
      writeFileSync(keysFile, keysOf(sandboxes));
      const setup: SandgateSetup = {
        ports,
        sandboxes,
        log,
        config: {
          port,
          metricsPort: 0,
          ...(keys ? { apiKeys: keysFile } : {}),
          ...(certificate === null ? {} : { tlsCert: certificate.certFile, tlsKey: certificate.keyFile }),
          ...config,
        },
      };
      const file = join(folder, "setup.json");
      writeFileSync(file, JSON.stringify(setup));
      // A file, as a log has it that is read elsewhere.
      const options = { errorFile: join(folder, "log") };
      return { command: process.execPath, args: [...flags, main, file], options };
    },
  );
}

/** Who asks: a service that works for all users, as one does whose connections carry requests for many sandboxes. */
const CALLER = "service";

function keyOf(id: string): string {
  return `key-of-${id}-0123456789abcdef0123456789abcdef`;
}

/** A key for each user, and the caller's own behind them. */
function keysOf(sandboxes: readonly BenchSandbox[]): string {
  const users = [...new Set(sandboxes.map(({ user }) => user))];
  const entries = users.map((user) => ({ id: user, user, sha256: hashOf(user) }));
  return JSON.stringify([...entries, { id: CALLER, user: CALLER, sha256: hashOf(CALLER), roles: ["admin"] }]);
}

function hashOf(id: string): string {
  return createHash("sha256").update(keyOf(id)).digest("hex");
}
