import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drained, writeAnswer } from "./answer.ts";

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

/** Takes everything at once. */
class ReadResponse extends FakeResponse {
  override writableNeedDrain = false;
  readonly headers = new Map<string, string>();
  readonly parts: (string | Uint8Array)[] = [];

  setHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }

  write(part: string): boolean {
    this.parts.push(part);
    return true;
  }

  end(part: string | Uint8Array): void {
    this.parts.push(part);
  }
}

describe("a list", () => {
  const lists: readonly (readonly string[])[] = [
    [],
    ["a"],
    ["a", "b", "c"],
    ["x".repeat(40_000)],
    ["x".repeat(40_000), "y".repeat(40_000)],
    ["a", "x".repeat(40_000), "b"],
    Array.from({ length: 3000 }, (_, index) => `item ${index}`),
  ];

  it.each(lists)("is written whole, however its items fall into parts", async (...items) => {
    const body = { head: '{"items":[', items: items.map((item) => JSON.stringify(item)), tail: "]}" };
    for (const encoding of ["", "gzip"]) {
      const response = new ReadResponse();
      await writeAnswer(response as unknown as ServerResponse, { status: 200, body }, encoding);
      const packed = response.headers.get("Content-Encoding") === "gzip";
      const text = packed ? gunzipSync(response.parts[0] ?? "").toString() : response.parts.join("");
      expect(JSON.parse(text)).toEqual({ items });
    }
  });
});
