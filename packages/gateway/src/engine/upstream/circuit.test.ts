import { describe, expect, it } from "vitest";
import { Circuits, newCircuit, showsNoLife, type Circuit } from "./circuit.ts";

const ADDRESS = { sandbox: "alice/box", address: "10.88.0.2" };
/** The jitter at its most: the whole back-off. */
const LATEST = (): number => 1;
const logs: string[] = [];
const log = (message: string): void => void logs.push(message);
const logger = { debug: log, info: log, warn: log, error: log };

function opened(circuits: Circuits): Circuit {
  const circuit = newCircuit();
  for (let time = 0; time < 3; time++) circuits.failed(circuit, 0, 1_000, ADDRESS);
  return circuit;
}

describe("the circuit of a pod's address", () => {
  it("opens at the third connect in a row without a sign of life, and says so once", () => {
    logs.length = 0;
    const circuits = new Circuits(logger, LATEST);
    const circuit = newCircuit();
    circuits.failed(circuit, 0, 1, ADDRESS);
    circuits.failed(circuit, 0, 2, ADDRESS);
    circuits.answered(circuit, ADDRESS);
    circuits.failed(circuit, 3, 4, ADDRESS);
    circuits.failed(circuit, 3, 4, ADDRESS);
    expect([circuits.admits(circuit, 5, 100), circuits.countOpen(5), logs]).toEqual([true, 0, []]);
    circuits.failed(circuit, 3, 6, ADDRESS);
    circuits.failed(circuit, 3, 7, ADDRESS);
    expect([circuits.admits(circuit, 8, 100), circuits.countOpen(8)]).toEqual([false, 1]);
    expect(logs).toEqual(["a pod's address does not answer and is left alone"]);
    circuits.answered(circuit, ADDRESS);
    expect([circuits.admits(circuit, 9, 100), circuits.countOpen(9)]).toEqual([true, 0]);
    expect(logs[1]).toBe("a pod's address answers again");
  });

  it("lets one connection through when it is time, and another when that one has told nothing", () => {
    const circuits = new Circuits(logger, LATEST);
    const circuit = opened(circuits);
    expect(circuits.retryAfterSeconds(circuit, 1_000)).toBe(1);
    expect(circuits.admits(circuit, 1_999, 5_000)).toBe(false);
    expect(circuits.admits(circuit, 2_000, 5_000)).toBe(true);
    expect(circuits.admits(circuit, 2_000, 5_000)).toBe(false);
    expect(circuits.admits(circuit, 7_000, 5_000)).toBe(true);
  });

  it("is left alone twice as long after each probe that fails, and never longer than half a minute", () => {
    const circuits = new Circuits(logger, LATEST);
    const circuit = opened(circuits);
    const waits: number[] = [];
    for (let probe = 0; probe < 7; probe++) {
      const nowMs = circuit.probeMs;
      expect(circuits.admits(circuit, nowMs, 5_000)).toBe(true);
      circuits.failed(circuit, nowMs, nowMs, ADDRESS);
      waits.push(circuit.probeMs - nowMs);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("is tried anywhere in the second half of that time", () => {
    const [early, late] = [() => 0, LATEST].map((random) => opened(new Circuits(logger, random)).probeMs);
    expect([early, late]).toEqual([1_500, 2_000]);
  });

  it("learns nothing from connections that were under way when it opened", () => {
    const circuits = new Circuits(logger, LATEST);
    const circuit = opened(circuits);
    for (let late = 0; late < 50; late++) circuits.failed(circuit, 999, 1_500, ADDRESS);
    expect(circuits.admits(circuit, 2_000, 5_000)).toBe(true);
  });

  it("is not counted for ever when its pod is gone and nobody asks", () => {
    const circuits = new Circuits(logger, LATEST);
    opened(circuits);
    expect([circuits.countOpen(62_000), circuits.countOpen(62_001)]).toEqual([1, 0]);
  });

  it.each([
    ["ETIMEDOUT", true],
    ["EHOSTUNREACH", true],
    ["ECONNREFUSED", false],
    ["ECONNRESET", false],
    ["ENOTFOUND", false],
  ])("takes %s for no sign of life: %s", (code, expected) => {
    expect(showsNoLife(Object.assign(new Error(code), { code }))).toBe(expected);
  });
});
