import { cpus, release, totalmem } from "node:os";
import { residentMib } from "../../resident.ts";
import { columnOf, comparisonOf, figureOf, microsOf, ratioOf } from "./compare.ts";
import { SANDGATE, WITHOUT } from "./line-up.ts";
import type { ContestResult } from "./rounds.ts";
import {
  candidatesTable,
  costsTable,
  markdownTable,
  pricesTable,
  throughputTable,
  withSpread,
  worksTable,
} from "./tables.ts";

/** Everything that was measured, by the names of the works. */
export interface Report {
  readonly results: readonly ContestResult[];
  /** Sandgate with ever more routes; null in the short form. */
  readonly growing: ContestResult | null;
  readonly rounds: number;
  readonly seconds: number;
  /** Of a large body. */
  readonly bytes: number;
}

/** The tables, in Markdown. */
export function printReport({ results, growing, rounds, seconds, bytes }: Report): string {
  const get = resultOf(results, "get");
  const half = resultOf(results, "p99");
  const others = results.filter(({ work }) => work !== get.work);
  const titles = (others[0]?.candidates ?? []).slice(1).map((candidate) => candidate.title);
  return `${machine()}
${rounds} ${rounds === 1 ? "round" : "rounds"} of ${seconds} s, large bodies of ${bytes / 2 ** 20} MiB. Medians; in brackets the
least and the most of the rounds.

## Small GET

64 connections, a 200-byte answer, 10,000 routes.

${candidatesTable(get)}
## Other work, × nginx

"By processor time" where nginx did not fill its core, because the load filled the other: what nginx's core spent on each unit,
divided by what the candidate's did.

${worksTable(others, titles)}
${throughputTable(
  others.filter(({ work }) => work.comparedBy === "rate"),
  titles,
)}
${costsTable([get, ...others], titles)}
## At half load

${half.work.title}, the same rate for all; times from when a request was due. A dash: does not keep up.

${candidatesTable(half)}${growing === null ? "" : partsOf(get, growing)}`;
}

function partsOf(get: ContestResult, growing: ContestResult): string {
  return `
## What the parts cost

${pricesTable(get, SANDGATE, WITHOUT)}
## More routes

A user, with an API key, for each hundred sandboxes.

${growingTable(growing)}`;
}

function growingTable(growing: ContestResult): string {
  const rows = growing.candidates.map((candidate, column) => [
    candidate.title,
    withSpread(ratioOf(growing, column, "rate")),
    (figureOf(growing, column, microsOf)?.median ?? Number.NaN).toFixed(1),
    residentMib(candidate.pid).toFixed(0),
  ]);
  return markdownTable(["Sandgate with", "× with the fewest", "µs/request", "resident MiB under load"], rows);
}

/**
 * What the last line says: Sandgate × nginx by the name of each work (p99: less is better), `router` × upstream's router, `flat` the most
 * routes × the fewest; null for what failed.
 */
export function figuresOf({ results, growing }: Report): Record<string, number | null> {
  const figures: Record<string, number | null> = {};
  for (const result of results)
    figures[result.work.name] = ratioOf(result, columnOf(result, SANDGATE))?.median ?? null;
  const get = resultOf(results, "get");
  const router = get.candidates.findIndex(({ title }) => title.includes("router"));
  const by = comparisonOf(get);
  if (router !== -1) figures["router"] = ratioOf(get, columnOf(get, SANDGATE), by, router)?.median ?? null;
  if (growing !== null)
    figures["flat"] = ratioOf(growing, growing.candidates.length - 1, "cpu")?.median ?? null;
  return figures;
}

function resultOf(results: readonly ContestResult[], name: string): ContestResult {
  const result = results.find(({ work }) => work.name === name);
  if (result === undefined) throw new Error(`the work ${name} was not done`);
  return result;
}

function machine(): string {
  const [cpu] = cpus();
  return `Machine: ${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()},
Node.js ${process.versions.node}. The proxy has a core for itself; load and backend (nginx, and raw sockets) share another.`;
}
