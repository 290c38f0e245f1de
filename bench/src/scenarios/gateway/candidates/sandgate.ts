import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER_KEY } from "@sandgate/contract";
import type { BenchSandbox } from "../sandboxes.ts";
import { bundledGateway } from "./bundled-gateway.ts";
import { pathNaming, type Candidate, type CandidateSetup } from "./candidate.ts";
import type { SandgateSetup } from "./sandgate-process.ts";
import { startCandidate } from "./start-candidate.ts";

/** As the command's first line has them. */
const FLAGS = ["--max-semi-space-size=2"];

/** What of the gateway is on. Everything is by default. */
export interface SandgateSettings {
  readonly title: string;
  readonly keys: boolean;
  readonly log: boolean;
  /** Flags of Node.js, for a profile. */
  readonly flags?: readonly string[];
}

/** Sandgate as `sandgate gateway` runs it, bundled as it is published, with routes made by hand in place of a watch. */
export async function startSandgate(
  { sandboxes, ports }: CandidateSetup,
  { title, keys, log, flags = [] }: SandgateSettings,
): Promise<Candidate> {
  const main = await bundledGateway();
  return startCandidate(
    {
      title,
      version: "this tree",
      warmsUp: true,
      rewriting: { forwarded: ["for", "host", "proto", "prefix"], cut: [HEADER_KEY] },
      sandboxes,
      naming(sandbox) {
        const { prefix } = pathNaming(sandbox);
        return { prefix, headers: keys ? { [HEADER_KEY]: keyOf(CALLER) } : {} };
      },
    },
    (folder, port) => {
      const keysFile = join(folder, "keys.yaml");
      writeFileSync(keysFile, keysOf(sandboxes));
      const setup: SandgateSetup = { port, ports, sandboxes, apiKeys: keys ? keysFile : undefined, log };
      const file = join(folder, "setup.json");
      writeFileSync(file, JSON.stringify(setup));
      // A file, as a log has it that is read elsewhere.
      const options = { errorFile: join(folder, "log") };
      return { command: process.execPath, args: [...FLAGS, ...flags, main, file], options };
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
