import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "./deadline.ts";

let due: number[];
let deadline: Deadline;

beforeEach(() => {
  vi.useFakeTimers();
  due = [];
  const began = performance.now();
  deadline = new Deadline(() => due.push(performance.now() - began));
});
afterEach(() => {
  deadline.end();
  vi.useRealTimers();
});

describe("a deadline", () => {
  it("is due once, at its time", () => {
    deadline.set(1000);
    vi.advanceTimersByTime(5000);
    expect(due).toEqual([1000]);
  });

  it("that is moved away is due at the later time", () => {
    deadline.set(1000);
    vi.advanceTimersByTime(900);
    deadline.set(2000);
    vi.advanceTimersByTime(5000);
    expect(due).toEqual([2900]);
  });

  it("that is moved nearer is due at the nearer time", () => {
    deadline.set(60_000);
    deadline.set(100);
    vi.advanceTimersByTime(100_000);
    expect(due).toEqual([100]);
  });

  it("that is cleared is not due, and can be set again", () => {
    deadline.set(1000);
    deadline.clear();
    vi.advanceTimersByTime(5000);
    expect(due).toEqual([]);
    deadline.set(1000);
    vi.advanceTimersByTime(5000);
    expect(due).toEqual([6000]);
  });

  it("moved a thousand times arms one timer", () => {
    for (let time = 0; time < 1000; time++) deadline.set(1000 + time);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5000);
    expect(due).toEqual([1999]);
  });

  it("that has ended leaves no timer", () => {
    deadline.set(1000);
    deadline.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
