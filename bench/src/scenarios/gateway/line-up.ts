import { goVersion } from "../../../../test/cluster/binaries/cluster-binaries.ts";
import type { Candidate, CandidateSetup } from "./candidates/candidate.ts";
import { startHaproxy } from "./candidates/haproxy.ts";
import { startNginx } from "./candidates/nginx.ts";
import { startNodeUndici } from "./candidates/node-undici.ts";
import { startSandgate, type SandgateSettings } from "./candidates/sandgate.ts";
import { startUpstreamRouter } from "./candidates/upstream-router.ts";
import { checkAnswers } from "./check-answers.ts";
import { benchSandboxes } from "./sandboxes.ts";

/** As users run it. */
export const SANDGATE = "Sandgate";

/** The gateway with one of its parts off, by the part. */
export const WITHOUT = {
  "API keys": "Sandgate without keys",
  "access log": "Sandgate without a log",
  both: "Sandgate with neither",
} as const;

const VARIANTS: readonly SandgateSettings[] = [
  { title: WITHOUT["API keys"], keys: false, log: true },
  { title: WITHOUT["access log"], keys: true, log: false },
  { title: WITHOUT.both, keys: false, log: false },
];

const ROUTES = 10_000;

/** Everybody at work, nginx first. */
export interface LineUp {
  /** The proxies by themselves. */
  readonly rivals: readonly Candidate[];
  readonly variants: readonly Candidate[];
}

/** Starts and checks everybody. What is started is ended by the stack. */
export async function startLineUp(
  ports: CandidateSetup["ports"],
  stack: AsyncDisposableStack,
  options: { variants: boolean },
): Promise<LineUp> {
  const setup: CandidateSetup = { sandboxes: benchSandboxes(ROUTES), ports, certificate: null };
  const starts = [
    () => startNginx(setup),
    () => startHaproxy(setup),
    ...(hasGo() ? [() => startUpstreamRouter(setup)] : []),
    () => startNodeUndici(setup),
    () => startSandgate(setup, { title: SANDGATE, keys: true, log: true }),
  ];
  const rivals: Candidate[] = [];
  for (const start of starts) rivals.push(await prepared(await start(), stack));
  const variants: Candidate[] = [];
  for (const settings of options.variants ? VARIANTS : [])
    variants.push(await prepared(await startSandgate(setup, settings), stack));
  return { rivals, variants };
}

/** Sandgate with ever more routes and, a hundredth of them, users, each with an API key. */
export async function startGrowing(
  ports: CandidateSetup["ports"],
  stack: AsyncDisposableStack,
  counts: readonly number[],
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const count of counts) {
    const title = `${count.toLocaleString("en")} routes`;
    const setup: CandidateSetup = { sandboxes: benchSandboxes(count), ports, certificate: null };
    const candidate = await startSandgate(setup, { title, keys: true, log: true });
    candidates.push(await prepared(candidate, stack));
  }
  return candidates;
}

async function prepared(candidate: Candidate, stack: AsyncDisposableStack): Promise<Candidate> {
  stack.use(candidate);
  process.stderr.write(`bench: ${candidate.title} ${candidate.version}: checking its answers\n`);
  await checkAnswers(candidate);
  return candidate;
}

function hasGo(): boolean {
  if (goVersion() !== null) return true;
  process.stderr.write("bench: there is no Go to build upstream's router with, so it is left out\n");
  return false;
}
