import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pathNaming, type Candidate, type CandidateSetup } from "./candidate.ts";
import { startCandidate } from "./start-candidate.ts";

const MAIN = fileURLToPath(new URL("node-undici-process.ts", import.meta.url));

export const NODE_UNDICI = "node:http + undici";

/** What one would write in an afternoon: the server of `node:http`, and undici to the sandboxes. */
export function startNodeUndici(setup: CandidateSetup): Promise<Candidate> {
  return startCandidate(
    {
      title: NODE_UNDICI,
      version: process.versions.node,
      warmsUp: true,
      rewriting: { forwarded: ["for", "host", "proto", "prefix"], cut: [] },
      http2: "no",
      certificate: null,
      sandboxes: setup.sandboxes,
      naming: pathNaming,
    },
    (folder, port) => {
      const pods = join(folder, "pods.json");
      const entries = setup.sandboxes.map(({ user, name, podIp, kind }) => [
        `${user}/${name}`,
        `http://${podIp}:${setup.ports[kind]}`,
      ]);
      writeFileSync(pods, JSON.stringify(Object.fromEntries(entries)));
      return { command: process.execPath, args: [MAIN, String(port), pods] };
    },
  );
}
