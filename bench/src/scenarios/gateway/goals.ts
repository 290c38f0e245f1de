import type { Figures } from "./figures-of.ts";
import { markdownTable } from "./tables.ts";

/** What is wanted of Sandgate, by a figure of the last line. */
interface Goal {
  readonly what: string;
  readonly figure: string;
  /** The figure is to be at least, or at most, this. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: string;
}

const NGINX = "× nginx";

const GOALS: readonly Goal[] = [
  { what: "small GET", figure: "get", least: 1, unit: NGINX },
  { what: "small GET in the worst round", figure: "getmin", least: 0.9, unit: NGINX },
  { what: "small GET", figure: "router", least: 5, unit: "× upstream's router" },
  { what: "99th percentile at half load", figure: "p99", most: 1.2, unit: NGINX },
  { what: "WebSocket messages", figure: "ws", least: 0.9, unit: NGINX },
  { what: "64 KiB answers", figure: "k64", least: 0.9, unit: NGINX },
  { what: "large download", figure: "download", least: 0.9, unit: NGINX },
  { what: "large upload", figure: "upload", least: 0.9, unit: NGINX },
  // A twentieth is what rounds differ by.
  { what: "100,000 routes", figure: "flat", least: 0.95, unit: "× 10 routes" },
  { what: "10,000 idle WebSockets", figure: "idlekib", most: 10, unit: "KiB each" },
];

export function goalsTable(figures: Figures): string {
  const rows = GOALS.map(({ what, figure, least, most, unit }) => {
    const wanted = `${least === undefined ? `≤ ${most}` : `≥ ${least.toFixed(2)}`} ${unit}`;
    const measured = figures[figure];
    if (measured === undefined) return [what, wanted, "not measured", "–"];
    if (measured === null) return [what, wanted, "failed", "**missed**"];
    const met = measured >= (least ?? -Infinity) && measured <= (most ?? Infinity);
    return [what, wanted, measured.toFixed(2), met ? "met" : "**missed**"];
  });
  return markdownTable(["goal", "wanted", "measured", ""], rows);
}
