import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drained } from "./answer.ts";

class FakeResponse extends EventEmitter {
  destroyed = false;
  writableNeedDrain = true;

  destroy(): void {
    this.destroyed = true;
  }
}

describe("waiting for a reader", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function wait(response: FakeResponse): Promise<boolean> {
    return drained(response as unknown as ServerResponse);
  }

  it("ends when it has caught up", async () => {
    const response = new FakeResponse();
    const waiting = wait(response);
    response.emit("drain");
    expect(await waiting).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(response.listenerCount("close")).toBe(0);
  });

  it("ends when it has gone", async () => {
    const response = new FakeResponse();
    const waiting = wait(response);
    response.emit("close");
    expect(await waiting).toBe(false);
    response.destroyed = true;
    expect(await wait(response)).toBe(false);
  });

  it("cuts off one that reads nothing for a minute", async () => {
    const response = new FakeResponse();
    const waiting = wait(response);
    vi.advanceTimersByTime(59_999);
    expect(response.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await waiting).toBe(false);
    expect(response.destroyed).toBe(true);
  });

  it("is not needed while there is room", async () => {
    const response = new FakeResponse();
    response.writableNeedDrain = false;
    expect(await wait(response)).toBe(true);
  });
});
