/** A way to the API server for the gateway alone, which can fall silent while the test keeps its own. */
import { readFileSync } from "node:fs";
import type { ClusterAccess } from "@sandgate/kube";
import { API_PORT } from "../cluster/programs/facts.ts";
import type { Cluster } from "../cluster/start-cluster.ts";

const LINK_PORT = 7443;
const TABLE = "ip gateway_link";

export interface GatewayLink {
  /** How the user reaches the API server over this link. */
  access(user: string): ClusterAccess;
  /** From now on packets vanish both ways; nothing is closed or refused. */
  cut(): void;
  mend(): void;
}

export function openGatewayLink(cluster: Cluster): GatewayLink {
  const { namespace, facts } = cluster;
  const nft = (...lines: string[]): void => void namespace.run("nft", ["-f", "-"], `${lines.join("\n")}\n`);
  nft(
    `table ${TABLE} {`,
    `  chain redirected { type nat hook prerouting priority dstnat; tcp dport ${LINK_PORT} redirect to :${API_PORT}; }`,
    "  chain arriving { type filter hook prerouting priority raw; }",
    "  chain leaving { type filter hook postrouting priority 0; }",
    "}",
  );
  const read = (file: string): string => readFileSync(facts.pki.path(file), "utf8");
  return {
    access: (user) => ({
      server: `https://${facts.network.nodeAddress}:${LINK_PORT}`,
      caPem: facts.pki.ca,
      certificatePem: read(`${user}.crt`),
      keyPem: read(`${user}.key`),
    }),
    cut: () =>
      nft(
        `add rule ${TABLE} arriving tcp dport ${LINK_PORT} drop`,
        `add rule ${TABLE} leaving meta l4proto tcp ct original proto-dst ${LINK_PORT} drop`,
      ),
    mend: () => nft(`flush chain ${TABLE} arriving`, `flush chain ${TABLE} leaving`),
  };
}
