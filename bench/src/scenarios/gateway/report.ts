import { cpus, release, totalmem } from "node:os";
import { residentMib } from "../../resident.ts";
import { columnOf, figureOf, microsOf, ratioOf } from "./compare.ts";
import { figuresOf, type Report } from "./figures-of.ts";
import { goalsTable } from "./goals.ts";
import type { IdleResult } from "./idle.ts";
import { versionOf } from "./programs.ts";
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

/** Works with tables of their own. */
const APART: ReadonlySet<string> = new Set(["get", "prices", "flat"]);

/** The tables, in Markdown. */
export function printReport(report: Report): string {
  const { results, idle, seconds, bytes } = report;
  const get = resultOf(results, "get");
  const half = resultOf(results, "p99");
  const others = results.filter(({ work }) => !APART.has(work.name));
  const titles = get.candidates
    .slice(1)
    .map(({ title }) => title)
    .filter((title) => others.some((result) => columnOf(result, title) !== -1));
  const rounds = get.rounds.length;
  const seldom = others.find((result) => result.seldom === true)?.rounds.length ?? rounds;
  return `${machine()}
${rounds} ${rounds === 1 ? "round" : "rounds"} of ${seconds} s${seldom === rounds ? "" : ` (${seldom} of some works)`}, large bodies of ${bytes / 2 ** 20} MiB. Medians; in brackets the
least and the most of the rounds.

## Goals

${goalsTable(figuresOf(report))}
## Small GET

64 connections, a 200-byte answer, 10,000 routes.

${candidatesTable(get)}
## Other work, × nginx

"By processor time" where nginx did not fill its core, because the load filled the other: what nginx's core spent on each unit,
divided by what the candidate's did. A dash: was not asked, or does not speak it.

${worksTable(others, titles)}
${throughputTable(
  others.filter(({ work }) => work.comparedBy === "rate"),
  titles,
)}
${costsTable([get, ...others], titles)}
## At half load

${half.work.title}, the same rate for all; times from when a request was due. A dash: does not keep up.

${candidatesTable(half)}${[partsOf(results), growthOf(results), idleOf(idle)].join("")}`;
}

function partsOf(results: readonly ContestResult[]): string {
  const prices = results.find(({ work }) => work.name === "prices");
  if (prices === undefined) return "";
  return `
## What the parts cost

The small GET of Sandgate as above, and with a part less or more: how much longer its core takes for a request, below 0 how much
shorter.

${pricesTable(prices)}`;
}

function growthOf(results: readonly ContestResult[]): string {
  const growing = results.find(({ work }) => work.name === "flat");
  if (growing === undefined) return "";
  const rows = growing.candidates.map((candidate, column) => [
    candidate.title,
    withSpread(ratioOf(growing, column, "rate")),
    (figureOf(growing, column, microsOf)?.median ?? Number.NaN).toFixed(1),
    residentMib(candidate.pid).toFixed(0),
  ]);
  return `
## More routes

A user, with an API key, for each hundred sandboxes. Requests are for as many of them in turn as there are, at most 1,000, each with kept
connections of its own.

${markdownTable(["Sandgate with", "× with the fewest", "µs/request", "resident MiB under load"], rows)}`;
}

function idleOf(idle: readonly IdleResult[]): string {
  if (idle.length === 0) return "";
  const rows = idle.map(({ title, sockets, kibEach }) => [
    title,
    sockets.toLocaleString("en"),
    kibEach?.toFixed(1) ?? "failed",
  ]);
  return `
## Idle WebSockets

By how much a process's resident memory grows, without what the kernel has for its sockets.

${markdownTable(["", "WebSockets", "KiB each"], rows)}`;
}

function resultOf(results: readonly ContestResult[], name: string): ContestResult {
  const result = results.find(({ work }) => work.name === name);
  if (result === undefined) throw new Error(`the work ${name} was not done`);
  return result;
}

function machine(): string {
  const [cpu] = cpus();
  const openssl = versionOf("openssl", ["version"], /^OpenSSL (\S+)/);
  return `Machine: ${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()},
Node.js ${process.versions.node} with OpenSSL ${process.versions.openssl}, OpenSSL ${openssl} for the others. The proxy has a core for itself; load and backend (nginx,
and raw sockets) share another.`;
}
