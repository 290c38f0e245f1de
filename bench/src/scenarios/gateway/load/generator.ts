import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CORES, place } from "../placed.ts";
import type { Load, Meter } from "./load.ts";

const BEGIN = "begin\n";

/**
 * Runs one of the raw generators, a process of its own on the load's core. Its task is its standard input, what it has seen the
 * last line of its output, both JSON; a line before says when it begins to count.
 *
 * @param file - Beside this one.
 * @throws Error with the generator's error output where it fails.
 */
export async function runGenerator(
  file: string,
  task: Readonly<Record<string, unknown>>,
  meter: Meter,
): Promise<Load> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const placed = place(process.execPath, [path], { core: CORES.load });
  let output = "";
  placed.child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output === BEGIN) meter.begin();
    else if (output.endsWith("}\n")) meter.end();
  });
  placed.child.stdin?.end(JSON.stringify(task));
  const [code] = (await once(placed.child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${file} failed:\n${placed.errors()}`);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Load;
}

/** What a generator is to do, from its standard input. */
export async function readTask<Task>(): Promise<Task> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return JSON.parse(text) as Task;
}

/** Tells that counting begins. Returns the time, in milliseconds. */
export function begin(): number {
  process.stdout.write(BEGIN);
  return performance.now();
}

/** Tells what was seen and ends the process with its open connections. */
export function tell(load: Load): void {
  process.stdout.write(`${JSON.stringify(load)}\n`, () => process.exit(0));
}

/** Of latencies in milliseconds; sorts them. */
export function latencyOf(sorted: Float64Array): NonNullable<Load["latency"]> {
  sorted.sort();
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
