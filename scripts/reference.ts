/**
 * The reference pages that are made from tables: `node scripts/with-node.mjs scripts/reference.ts` writes them, and a test
 * fails where a page says something else than its table.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ERROR_CATALOGUE,
  GATEWAY_KEYS,
  GRPC_STATUS,
  ROUTER_STATUS,
  type ErrorCode,
  type RouterStatus,
} from "@sandgate/contract";
import { ROUTER_DIFFERENCES } from "@sandgate/gateway";
import { METRICS, type MetricEntry } from "../packages/gateway/src/metrics/metric-table.ts";
import { commandReference } from "../packages/cli/src/command-reference.ts";
import { troubleshootingTables } from "../packages/cli/src/doctor/troubleshooting.ts";
import { alertsTable } from "./monitoring/alert-rules.ts";
import { fill, releasesTable } from "./releases-page.ts";
import { podFieldsReference } from "../packages/embedded/src/node/pod/fields-reference.ts";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "reference");

const TROUBLESHOOTING = "../guide/troubleshooting.md";
const MONITORING = "../guide/monitoring.md";

/** Every generated page by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    "errors.md": errorsPage(),
    "configuration.md": configurationPage(),
    "commands.md": commandReference(),
    "metrics.md": metricsPage(),
    "router-mode.md": routerPage(),
    "releases.md": fill(writtenPage("releases.md"), "releases", releasesTable()),
    "pod-isolation.md": withTables("pod-isolation.md", podFieldsReference()),
    [MONITORING]: withTables(MONITORING, alertsTable()),
    [TROUBLESHOOTING]: withTables(TROUBLESHOOTING, troubleshootingTables()),
  };
}

/** A page that people write, but for the part between its two marks. */
function withTables(name: string, tables: string): string {
  const [begin, end] = ["<!-- tables -->\n\n", "\n<!-- end of tables -->"];
  const page = writtenPage(name);
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < 0)
    throw new Error(`${name} has no place for its tables: ${begin.trim()} … ${end.trim()}`);
  return page.slice(0, from) + begin + tables + page.slice(to);
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(
    ([code, { status, retryable, title, remedy }]) =>
      `| \`${code}\` | ${status} | ${GRPC_STATUS[code as ErrorCode]} | ${retryable ? "yes" : "no"} | ${title}. ${remedy} |`,
  );
  return `# Errors

What the gateway answers itself is \`application/problem+json\` (a small page for a browser) with the code also in the header
\`Sandgate-Error\`. Match on the code. An answer without that header is the sandbox's own, passed on as it came.

To a call of [gRPC](../guide/grpc.md) they are told by a code of its own.

| code | status | gRPC | worth retrying | what it means, and what to do |
|---|--:|---|---|---|
${rows.join("\n")}

\`\`\`json
{"type":"urn:sandgate:error:SANDBOX_NOT_FOUND","title":"No such sandbox","status":404,"detail":"There is no sandbox alice/box.","code":"SANDBOX_NOT_FOUND","retryable":false,"remedy":"GET /sandboxes lists those you can reach.","requestId":"d26b9050-fa6c-43f1-ba4d-5470ccdbb2a2"}
\`\`\`
`;
}

function configurationPage(): string {
  const rows = Object.entries(GATEWAY_KEYS).map(([key, { flag, env, doc, schema }]) => {
    const initial = schema.safeParse(undefined);
    const value = initial.success && initial.data !== undefined ? `\`${JSON.stringify(initial.data)}\`` : "–";
    return `| \`${key}\` | \`${flag}\` | ${env.map((name) => `\`${name}\``).join(", ")} | ${value} | ${doc} |`;
  });
  return `# Configuration of the gateway

\`sandgate gateway\` and \`sandgate up\` take the same keys: as a flag, over the environment, over a file (\`--config FILE\` or
\`SANDGATE_CONFIG\`, YAML), over the default. An unknown key or a wrong value ends the start, and every problem is told at once.

| key | flag | environment | default | meaning |
|---|---|---|---|---|
${rows.join("\n")}

Also read: \`SANDGATE_LOG_LEVEL\` (\`debug\`, \`info\`, \`warn\`, \`error\`), \`SANDGATE_DATA_DIR\`, \`SANDGATE_KUBECONFIG\`.

## Access log

A line for every request on stderr when it has ended, at the level \`info\` (the health pages at \`debug\`); as JSON where stderr is
no terminal. Of a query it says only that there was one unless \`accessLogQuery\` asks for more, and nothing of headers and
bodies:

\`\`\`json
{"time":"2026-11-21T15:43:53.378Z","level":"info","message":"request","requestId":"d26b9050-fa6c-43f1-ba4d-5470ccdbb2a2","entry":"gateway","client":"127.0.0.1","method":"POST","status":200,"error":null,"caller":"operator","sandbox":"alice/box","path":"/alice/box/execute?…","durationMs":95.5,"bytesIn":27,"bytesOut":312}
\`\`\`

\`bytesIn\` are those of the request's body, \`bytesOut\` those of the answer with its head. A tunnel has its line when it ends, with the
bytes that went through it. With \`accessLogSample\` below 1 only a share of the requests has a line, chosen by \`requestId\`;
the gateway's own errors, answers 5xx and whatever took \`accessLogSlowMs\` always have one. Paths are cut after 1,024
characters. \`SANDGATE_LOG_LEVEL=warn\` turns the log off.

\`requestId\` is also in the header \`X-Request-Id\` that the sandbox and the client get; where a proxy in \`trustedProxies\` gave the
request one, it is that. With [tracing](../guide/tracing.md) on there is \`trace_id\` besides. \`sandgate up\` logs at \`warn\` unless told otherwise.

## API keys

\`\`\`yaml
# sha256 is that of the key: printf %s "$KEY" | sha256sum
- id: alice-laptop
  sha256: 2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90
  user: alice
  roles: []
- id: operator
  sha256: 81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9
  user: ops
  roles: [admin]
\`\`\`

A key is sent as \`Authorization: Bearer KEY\`, as the password of Basic, or as \`Sandgate-Key: KEY\`, which leaves \`Authorization\`
to the sandbox. A caller reaches the sandboxes of its user; the role \`admin\` reaches all.
`;
}

function metricsPage(): string {
  const entries: [string, MetricEntry][] = Object.entries(METRICS);
  const rows = entries.map(
    ([name, { type, help, labels }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
  );
  return `# Metrics

\`--metrics-port PORT\` opens a listener for \`/metrics\` in Prometheus' text format, on the same address as the gateway. It asks
nobody who he is: keep it where only Prometheus gets to, as the manifests in \`deploy/\` do. Without it nothing of a request is counted.
The dashboard and the alert rules that go with it are in [monitoring](../guide/monitoring.md).

| metric | type | labels | meaning |
|---|---|---|---|
${rows.join("\n")}

With \`--workers\` the page is the whole gateway's: what its threads count is summed; of routes and times it is what the one that is
furthest behind has.

## Requests by sandbox

A series for each of ten thousand sandboxes is more than most would keep. So \`metricsSandboxes\` (100) of them have series of their own,
and the requests of all others are counted under \`user=""\`, \`sandbox="other"\`. Once a minute a sandbox with more than twice the
requests of the calmest one that has them takes its place. A series that comes begins at 0, one that goes ends, and \`other\` never
jumps; so take rates first and sums after: \`sum by (user) (rate(sandgate_sandbox_requests_total[5m]))\`. Each thread of \`--workers\`
chooses for itself, so there may be as many times more.

Requests that the gateway refused are not in it, whatever address they had: who may not reach a sandbox makes no series of it.
\`sandgate_requests_total\` has all of them.

## What it costs

Counting is adding to numbers; text is made when the page is asked for. [The gateway's speed](gateway-performance.md) has the
price of each part. The page itself takes a few milliseconds with 100,000 sandboxes.
`;
}

function routerPage(): string {
  const rows = Object.values(ROUTER_DIFFERENCES).map(
    ({ what, upstream, sandgate, reason }) => `| ${what} | ${upstream} | ${sandgate} | ${reason} |`,
  );
  const statuses = Object.entries(ROUTER_STATUS).map(([code, row]: [string, RouterStatus]) => {
    const once = row.onceOnly === undefined ? "" : String(row.onceOnly);
    return `| \`${code}\` | ${ERROR_CATALOGUE[code as ErrorCode].status} | ${row.status} | ${once} |`;
  });
  return `# Router mode: in the place of agent-sandbox's router

\`--router-port PORT\` opens a second listener that speaks the protocol of agent-sandbox's router, so that its clients work
unmodified. Off by default. \`--router-host\` is its address, \`--host\` where it is not given.

\`\`\`sh
sandgate up --router-port 8090
curl http://127.0.0.1:8090/execute -H 'X-Sandbox-ID: my-sandbox' -H 'Content-Type: application/json' -d '{"command":"id -un"}'
\`\`\`

## Addresses

| header | meaning |
|---|---|
| \`X-Sandbox-ID\` | name of the Sandbox object (of a claim: \`status.sandbox.name\`). Required; a DNS label |
| \`X-Sandbox-Namespace\` | its namespace, \`default\` without it |
| \`X-Sandbox-Port\` | port in the sandbox, \`sandboxPort\` (8888) without it |
| \`X-Sandbox-UID\` | UID that the Sandbox object must have |
| \`X-Sandbox-Pod-IP\` | address of the pod, where it is a ready sandbox's that the caller reaches; any other is passed over |
| \`X-Sandbox-Timeout\` | seconds that the client waits for the first byte, up to \`routerTimeoutCapMs\` |

A pod IP alone is enough where the ID is nobody's: the request goes to the sandbox with that IP, after the ID was waited for
(1.4 s). Where ID and IP mean different sandboxes the answer is 409, \`SANDBOX_REPLACED\`, since a pod's IP is given out again. Whoever
keeps IPs for long sends the UID with them: then the request reaches that sandbox or none. An address that is no sandbox's is never
dialled, whatever the headers say.

A Host under the base domain is the host form, before any of these. Else every path is the sandbox's but \`/healthz\`, which
answers \`{"status":"ok"}\`. On the gateway's own listener these headers mean nothing and are cut.

Callers are told apart as on the gateway's own listener. A client that has no setting for credentials takes them in its URL:
\`http://any:KEY@host:8090\`. A caller reaches the sandboxes of its user, an admin all; for others a sandbox looks as if it
were not there. A warm pool's member is nobody's until a claim takes it.

## The published Python client

\`k8s-agent-sandbox\` 0.5.6 and 1.0.8 work unmodified: sandboxes from a warm pool, commands, files, on the embedded cluster
(\`test/e2e/client-python.test.ts\`) and on a real one with upstream's controllers (\`test/cluster/python-client.test.ts\`).

\`\`\`python
from k8s_agent_sandbox import SandboxClient
from k8s_agent_sandbox.models import SandboxDirectConnectionConfig

client = SandboxClient(connection_config=SandboxDirectConnectionConfig(api_url="http://any:KEY@127.0.0.1:8090"))
box = client.create_sandbox("python")
print(box.commands.run("id -un").stdout)
\`\`\`

| what | 0.5.6 | 1.0.8 |
|---|---|---|
| \`SandboxDirectConnectionConfig\` with the router's URL | yes | yes |
| an API key: in the URL; as \`extra_headers={"Authorization": "Bearer KEY"}\` | yes; it has no such setting | yes; yes |
| \`commands.run\`, \`files.write\`, \`read\`, \`list\`, \`exists\` | yes | yes |
| a command that takes longer than its \`timeout\` | 408, run once | 408, run once |
| \`commands.run(env=…, cwd=…)\`, \`files.delete\` | it has none | no: it asks for them by sandboxd only, which the runtime is not |
| \`SandboxdPodTunnelConnectionConfig\`, \`SandboxdInClusterConnectionConfig\` | it has none | no, for the same reason |
| \`SandboxLocalTunnelConnectionConfig\` (the default), \`SandboxGatewayConnectionConfig\` | not on the embedded cluster: it has no Service \`sandbox-router-svc\` and no Gateway | the same |

A claim's sandbox has no user label unless somebody sets one: it is the user \`default\`'s, reached by keys of that user and of
admins. Versions before 0.5.0 speak v1alpha1 to the cluster and send no time-out.

## Errors

\`{"detail": "…"}\`, with our code in the header \`Sandgate-Error\` and the status of [errors](errors.md) but for these:

| code | status elsewhere | in router mode | where the request must not be repeated and may have reached the sandbox |
|---|--:|--:|--:|
${statuses.join("\n")}

## What differs from upstream's router

Compared with the router in Go of agent-sandbox v0.5.6, by a test that sends both the same requests while both follow the same
API server (\`test/cluster/router\`). What those requests show and this table does not name is the same in both.

| what | upstream | Sandgate | why |
|---|---|---|---|
${rows.join("\n")}
`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(folder, name), text);
}

/** What stands in a page's file now. */
export function writtenPage(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}
