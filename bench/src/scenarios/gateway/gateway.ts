import { spawnSync } from "node:child_process";
import { startBackends } from "./backend/backends.ts";
import { makeCertificate } from "./certificate.ts";
import { startCollector, type Collector } from "./collector.ts";
import { fullContests, quickContests, type Participants } from "./contests.ts";
import { idleWebSockets, type IdleResult } from "./idle.ts";
import { LineUp } from "./line-up.ts";
import { CORES, requireCores } from "./placed.ts";
import { ensurePrograms } from "./programs.ts";
import { figuresOf, type Report } from "./figures-of.ts";
import { printReport } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { variantsOf } from "./variants.ts";
import { writePage } from "./write-page.ts";

export interface GatewayBenchOptions {
  /** Ends within a minute: one short round, of nginx and Sandgate alone but for the small GET. */
  quick: boolean;
  /** Puts the tables into the documentation. */
  write: boolean;
}

/** All of it is to be done within 15 minutes, the idle WebSockets after the rounds too. */
const FULL = { rounds: 5, seconds: 2, bytes: 2 ** 30, untilSeconds: 850 };
const QUICK = { rounds: 1, seconds: 1, bytes: 2 ** 28, untilSeconds: 60 };
const ROUTES = [10, 1_000, 100_000];

/** Sandgate beside nginx, HAProxy, upstream's router and a proxy of node:http; prints the tables, and last the ratios. */
export async function gateway({ quick, write }: GatewayBenchOptions): Promise<void> {
  requireCores();
  ensurePrograms();
  // Whatever this process does meanwhile is no business of the proxies' core.
  spawnSync("taskset", ["-a", "-c", "-p", String(CORES.load), String(process.pid)]);
  await using stack = new AsyncDisposableStack();
  const { ports } = stack.use(await startBackends());
  const report = quick
    ? await quickReport(new LineUp(ports, stack))
    : await fullReport(new LineUp(ports, stack), stack);
  const text = printReport(report);
  process.stdout.write(`\n${text}\n`);
  if (write) writePage(text);
  const figures = Object.entries(figuresOf(report)).map(
    ([name, figure]) => `${name}=${figure?.toFixed(2) ?? "failed"}`,
  );
  process.stdout.write(`RESULT ${figures.join(" ")}\n`);
}

async function quickReport(lineUp: LineUp): Promise<Report> {
  return { ...QUICK, results: await runRounds(quickContests(await lineUp.rivals()), QUICK), idle: [] };
}

async function fullReport(lineUp: LineUp, stack: AsyncDisposableStack): Promise<Report> {
  const collector = stack.use(await startCollector());
  const variants = variantsOf(collector.endpoint);
  const participants: Participants = {
    rivals: await lineUp.rivals(),
    secure: await lineUp.secure(stack.use(makeCertificate())),
    variants: await lineUp.variants(variants),
    growing: await lineUp.growing(ROUTES),
  };
  const fresh = await lineUp.fresh();
  const results = await runRounds(fullContests(participants), FULL);
  requireSpans(collector);
  const idle: IdleResult[] = [];
  for (const candidate of fresh) idle.push(await idleWebSockets(candidate));
  return { ...FULL, results, idle };
}

/** A row with the price of traces that nobody got would be worth nothing. */
function requireSpans(collector: Collector): void {
  if (collector.spans() === 0) throw new Error("No span has arrived at the collector.");
}
