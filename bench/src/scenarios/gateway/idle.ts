import { residentMib } from "../../resident.ts";
import type { Candidate } from "./candidates/candidate.ts";
import { runGenerator } from "./load/generator.ts";
import type { IdleTask } from "./load/idle-process.ts";
import { mostConnections } from "./placed.ts";
import { spread } from "./sandboxes.ts";
import { SMALL_GET } from "./works/requests.ts";
import { targetsOf } from "./works/work.ts";

/** What WebSockets cost on which nothing is said. */
export interface IdleResult {
  readonly title: string;
  readonly sockets: number;
  /** Resident memory of the proxy; null where they did not stay open. */
  readonly kibEach: number | null;
}

const SOCKETS = 10_000;
/**
 * Before it counts: code is compiled, and the memory of a program under load is there. By few sandboxes, as connections to them
 * are kept.
 */
const WARM = { seconds: 2, sandboxes: 16, sockets: 100 };
/** For memory that is given back. */
const LEFT_ALONE_SECONDS = 2;

/** How much more memory a proxy has, each of so many WebSockets, than before them. It should have done nothing else yet. */
export async function idleWebSockets(candidate: Candidate): Promise<IdleResult> {
  const sockets = mostConnections(SOCKETS);
  const { title } = candidate;
  process.stderr.write(`bench: ${title}: ${sockets} idle WebSockets\n`);
  try {
    const setup = { seconds: WARM.seconds, bytes: 0, halfRate: 0 };
    const few = { ...candidate, sandboxes: spread(candidate.sandboxes, "answering", WARM.sandboxes) };
    await SMALL_GET.run(few, setup, { begin() {}, end() {} });
    await leaveAlone(candidate, WARM.sockets);
    const before = residentMib(candidate.pid);
    const after = await leaveAlone(candidate, sockets);
    return { title, sockets, kibEach: ((after - before) * 1024) / sockets };
  } catch (error) {
    process.stderr.write(`bench: ${title}: idle WebSockets: ${(error as Error).message}\n`);
    return { title, sockets, kibEach: null };
  }
}

/** @returns The proxy's resident memory, in MiB, while they are there. */
async function leaveAlone(candidate: Candidate, sockets: number): Promise<number> {
  const sandboxes = spread(candidate.sandboxes, "looking", sockets);
  const task: IdleTask = {
    targets: targetsOf(candidate, sandboxes, "/echo", sockets),
    seconds: LEFT_ALONE_SECONDS,
  };
  let resident = Number.NaN;
  await runGenerator(
    "idle-process.ts",
    { ...task },
    {
      begin() {},
      end() {
        resident = residentMib(candidate.pid);
      },
    },
  );
  return resident;
}
