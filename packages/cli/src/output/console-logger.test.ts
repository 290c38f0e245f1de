import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createConsoleLogger } from "./console-logger.ts";

function record(): { writes: string[]; output: Writable } {
  const writes: string[] = [];
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString());
      done();
    },
  });
  return { writes, output };
}

describe("log lines", () => {
  it("of one turn are written together, in their order", async () => {
    const { writes, output } = record();
    const logger = createConsoleLogger(output, "info", true);
    logger.info("one", { a: 1, b: "x" });
    logger.debug("not this");
    logger.info("two");
    expect(writes).toEqual([]);
    await turn();
    const lines = writes.join("").split("\n").slice(0, -1);
    expect(writes).toHaveLength(1);
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      { time: expect.any(String), level: "info", message: "one", a: 1, b: "x" },
      { time: expect.any(String), level: "info", message: "two" },
    ]);
  });

  it("are what JSON.stringify makes of them, whatever is in the fields", async () => {
    const { writes, output } = record();
    const logger = createConsoleLogger(output, "info", true);
    const fields = {
      plain: "GET /a?b=c",
      quoted: 'a "b" \\ c',
      control: "\u0000\n\u007f",
      wide: "grüße 😀",
      lone: "\ud800",
      none: null,
      yes: true,
      number: 1.5,
      odd: Number.NaN,
      list: [1, "a"],
      deep: { a: { b: 1 } },
      left: undefined,
    };
    logger.info('a "message"', fields);
    await turn();
    const { time, ...rest } = JSON.parse(writes.join("")) as Record<string, unknown>;
    expect(time).toEqual(expect.any(String));
    expect(rest).toEqual(JSON.parse(JSON.stringify({ level: "info", message: 'a "message"', ...fields })));
  });

  it.each(["warn", "error"] as const)("of level %s are written at once, with all before them", (level) => {
    const { writes, output } = record();
    const logger = createConsoleLogger(output, "info", false);
    logger.info("before");
    logger[level]("it burns", { where: "here" });
    expect(writes.join("")).toMatch(/before\n.* it burns {2}where=here\n$/);
  });
});
