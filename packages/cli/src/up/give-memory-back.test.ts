import { expect, it } from "vitest";
import { giveMemoryBack } from "./give-memory-back.ts";

/** Leaves tens of megabytes behind that nothing refers to. */
function litter(): number {
  const pieces = Array.from({ length: 400_000 }, (_, index) => ({ text: `piece ${index}`, more: [index] }));
  return pieces.length;
}

it("gives back what many sandboxes left behind, and spares few the pause", () => {
  litter();
  const before = process.memoryUsage().heapTotal;
  giveMemoryBack(10);
  expect(process.memoryUsage().heapTotal).toBeGreaterThan(before * 0.9);
  giveMemoryBack(100_000);
  expect(process.memoryUsage().heapTotal).toBeLessThan(before - 20_000_000);
  expect("gc" in globalThis).toBe(false);
});
