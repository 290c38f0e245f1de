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

/** What of the gateway is on. Everything is by default; a key for each user among it. */
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
        return { prefix, headers: keys ? { [HEADER_KEY]: keyOf(sandbox) } : {} };
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

function keyOf({ user }: Pick<BenchSandbox, "user">): string {
  return `key-of-${user}-0123456789abcdef0123456789abcdef`;
}

function keysOf(sandboxes: readonly BenchSandbox[]): string {
  const users = [...new Set(sandboxes.map(({ user }) => user))];
  const entries = users.map((user) => ({
    id: user,
    user,
    sha256: createHash("sha256").update(keyOf({ user })).digest("hex"),
  }));
  return JSON.stringify(entries);
}
