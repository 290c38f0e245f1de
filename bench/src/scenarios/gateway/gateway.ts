import { spawnSync } from "node:child_process";
import { startBackends } from "./backend/backends.ts";
import { SANDGATE, startGrowing, startLineUp } from "./line-up.ts";
import { CORES, requireCores } from "./placed.ts";
import { ensurePrograms } from "./programs.ts";
import { figuresOf, printReport, type Report } from "./report.ts";
import { runRounds, type Contest } from "./rounds.ts";
import { HALF_LOAD } from "./works/half-load.ts";
import * as requests from "./works/requests.ts";
import { EVENT_STREAMS, WEBSOCKET_ECHO } from "./works/streams.ts";
import { DOWNLOAD, DOWNLOADS, UPLOAD } from "./works/transfers.ts";
import { writePage } from "./write-page.ts";

export interface GatewayBenchOptions {
  /** Ends within a minute: one short round, of nginx and Sandgate alone but for the small GET. */
  quick: boolean;
  /** Puts the tables into the documentation. */
  write: boolean;
}

const FULL = { rounds: 5, seconds: 3, bytes: 2 ** 30 };
const QUICK = { rounds: 1, seconds: 1, bytes: 2 ** 28 };
const GROWING = [10, 1_000, 100_000];

/** Sandgate beside nginx, HAProxy, upstream's router and a proxy of node:http; prints the tables, and last the ratios. */
export async function gateway({ quick, write }: GatewayBenchOptions): Promise<void> {
  requireCores();
  ensurePrograms();
  // Whatever this process does meanwhile is no business of the proxies' core.
  spawnSync("taskset", ["-a", "-c", "-p", String(CORES.load), String(process.pid)]);
  await using stack = new AsyncDisposableStack();
  const { ports } = stack.use(await startBackends());
  const setup = quick ? QUICK : FULL;
  const { rivals, variants } = await startLineUp(ports, stack, { variants: !quick });
  const some = quick ? rivals.filter(({ title }, index) => index === 0 || title === SANDGATE) : rivals;
  const contests: Contest[] = [
    { work: requests.SMALL_GET, candidates: [...rivals, ...variants] },
    ...[
      requests.SMALL_POST,
      requests.MIDDLE_GET,
      requests.CONNECTION_EACH,
      WEBSOCKET_ECHO,
      EVENT_STREAMS,
      DOWNLOAD,
      ...(quick ? [] : [DOWNLOADS]),
      UPLOAD,
      HALF_LOAD,
      ...(quick ? [] : [requests.CONNECTIONS_512, requests.connectionsMany()]),
    ].map((work) => ({ work, candidates: some })),
  ];
  const results = await runRounds(contests, setup);
  const report: Report = { ...setup, results, growing: quick ? null : await growing() };
  const text = printReport(report);
  process.stdout.write(`\n${text}\n`);
  if (write) writePage(text);
  const figures = Object.entries(figuresOf(report)).map(
    ([name, ratio]) => `${name}=${ratio?.toFixed(2) ?? "failed"}`,
  );
  process.stdout.write(`RESULT ${figures.join(" ")}\n`);

  async function growing(): Promise<Report["growing"]> {
    const candidates = await startGrowing(ports, stack, GROWING);
    const [result] = await runRounds([{ work: requests.SMALL_GET, candidates }], setup);
    return result ?? null;
  }
}
