import { FINDINGS, type FindingId } from "./findings.ts";

/** What somebody sees who cannot get to a sandbox, and the findings that explain it, the likeliest first. */
export interface Symptom {
  readonly seen: string;
  readonly findings: readonly FindingId[];
}

/** Every finding is under one symptom at least: the page on troubleshooting is made from it. */
export const SYMPTOMS: readonly Symptom[] = [
  {
    seen: "Nothing is discovered: `GET /sandboxes` is empty, every address is 404",
    findings: [
      "CRDS_MISSING",
      "RELEASE_UNKNOWN",
      "NO_SANDBOXES",
      "RIGHT_MISSING",
      "OUTSIDE_WATCHED_NAMESPACE",
      "CONTROLLER_SILENT",
    ],
  },
  {
    seen: "404 `SANDBOX_NOT_FOUND` for one address",
    findings: [
      "SANDBOX_NOT_FOUND",
      "OTHER_USER",
      "USER_LABEL_MISSING",
      "CLAIM_NAMED",
      "CLAIM_NOT_READY",
      "POOL_MEMBER",
      "OUTSIDE_WATCHED_NAMESPACE",
    ],
  },
  {
    seen: "`conversion webhook` in the gateway's log, or from a command, after an upgrade of agent-sandbox",
    findings: ["CONVERSION_FAILS"],
  },
  { seen: "400 `PORT_AMBIGUOUS`", findings: ["PORT_AMBIGUOUS"] },
  { seen: "409 `ADDRESS_CONFLICT`", findings: ["ADDRESS_CONFLICT", "NAMESPACE_MAY_NOT_CLAIM"] },
  { seen: "502 `REFUSED`", findings: ["PORT_CLOSED"] },
  {
    seen: "502 `UNREACHABLE`, or requests that hang until a timeout",
    findings: ["NETWORK_POLICY_REFUSES", "GATEWAY_EGRESS_REFUSED", "DNS_DOWN"],
  },
  {
    seen: "503 `SANDBOX_NOT_READY`",
    findings: [
      "SANDBOX_SUSPENDED",
      "SANDBOX_DELETING",
      "SANDBOX_STARTING",
      "IMAGE_MISSING",
      "CONTAINER_CONFIG",
      "CONTAINER_CRASHES",
      "POD_NOT_READY",
      "POD_WITHOUT_ADDRESS",
      "CONTROLLER_SILENT",
    ],
  },
  { seen: "503 `SANDBOX_ENDED`", findings: ["SANDBOX_EXPIRED", "POD_ENDED", "MULTIPLE_PODS"] },
  {
    seen: "503 `SANDBOX_NOT_READY`, and the pod stays `Pending` or is not made",
    findings: [
      "UNSCHEDULABLE",
      "QUOTA_EXCEEDED",
      "POD_REFUSED",
      "RUNTIME_CLASS_MISSING",
      "RUNTIME_CLASS_WITHOUT_NODE",
    ],
  },
  {
    seen: "503 `NOT_SYNCED`, or `GET /health` says `degraded`",
    findings: [
      "CLUSTER_UNREACHABLE",
      "CREDENTIALS_REFUSED",
      "RIGHT_MISSING",
      "CRDS_MISSING",
      "CONVERSION_FAILS",
      "SERVER_FAILS",
    ],
  },
  {
    seen: "The gateway's Service has `<pending>` for its external address",
    findings: ["LOAD_BALANCER_PENDING"],
  },
  { seen: "The gateway's Service does not answer", findings: ["GATEWAY_NOT_READY", "LOAD_BALANCER_PENDING"] },
  {
    seen: "`forbidden` in the gateway's log, or from a command",
    findings: ["RIGHT_MISSING", "UNREADABLE"],
  },
  {
    seen: "401, expired tokens or certificates that are not valid yet",
    findings: ["CREDENTIALS_REFUSED", "CLOCK_DIFFERS"],
  },
  {
    seen: "Claims, templates or warm pools are unknown kinds, or claims stay unbound",
    findings: ["EXTENSIONS_MISSING", "VERSIONS_DIFFER", "CLAIM_NOT_READY"],
  },
  {
    seen: "`kubectl port-forward service/…` or a service mesh does not reach a sandbox",
    findings: ["SERVICE_WITHOUT_PORTS", "SERVICE_PORTS_UNDECLARED", "DNS_DOWN"],
  },
];

/** The tables of the page: what is seen and what it may be, then every finding with what mends it. */
export function troubleshootingTables(): string {
  const symptoms = SYMPTOMS.map(
    ({ seen, findings }) =>
      `| ${seen} | ${findings.map((id) => `[${id}](#${id.toLowerCase()})`).join(", ")} |`,
  );
  const findings = Object.entries(FINDINGS).map(
    ([id, { title, remedy, command }]) => `### ${id}

${title}. ${remedy}

\`\`\`sh
${command}
\`\`\`
`,
  );
  return `| what is seen | what \`sandgate doctor\` may say |
|---|---|
${symptoms.join("\n")}

## Findings

Words in angle brackets are filled in by the command, words in capitals by you.

${findings.join("\n")}`;
}
