import { columnOf, comparisonOf, ratioOf } from "./compare.ts";
import type { IdleResult } from "./idle.ts";
import type { ContestResult } from "./rounds.ts";
import { SANDGATE } from "./variants.ts";

/** Everything that was measured, by the names of the works. */
export interface Report {
  readonly results: readonly ContestResult[];
  /** None in the short form. */
  readonly idle: readonly IdleResult[];
  readonly seconds: number;
  /** Of a large body. */
  readonly bytes: number;
}

/** In one line; null for what failed. */
export type Figures = Readonly<Record<string, number | null>>;

/**
 * Sandgate × nginx by the name of each work (p99: less is better), `getmin` in the worst round of the small GET, `router` ×
 * upstream's router, `flat` the most routes × the fewest, `idlekib` of an idle WebSocket.
 */
export function figuresOf({ results, idle }: Report): Figures {
  const figures: Record<string, number | null> = {};
  for (const result of results) {
    const { name } = result.work;
    if (name === "prices") continue;
    if (name === "flat") figures["flat"] = mostToFewest(result);
    else figures[name] = ratioOf(result, columnOf(result, SANDGATE))?.median ?? null;
    if (name === "get") Object.assign(figures, moreOfGet(result));
  }
  const own = idle.find(({ title }) => title === SANDGATE);
  if (own !== undefined) figures["idlekib"] = own.kibEach;
  return figures;
}

function mostToFewest(growing: ContestResult): number | null {
  return ratioOf(growing, growing.candidates.length - 1, "cpu")?.median ?? null;
}

function moreOfGet(get: ContestResult): Figures {
  const own = columnOf(get, SANDGATE);
  const by = comparisonOf(get);
  const router = get.candidates.findIndex(({ title }) => title.includes("router"));
  return {
    getmin: ratioOf(get, own, by)?.min ?? null,
    ...(router === -1 ? {} : { router: ratioOf(get, own, by, router)?.median ?? null }),
  };
}
