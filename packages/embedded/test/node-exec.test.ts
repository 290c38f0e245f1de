import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOver, isReady, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

describe("a pod", () => {
  test("answers exec with the command's own code and streams, with or without a terminal", async () => {
    await node.script("exec", "sleep 1000");
    await node.until("exec", isReady);
    expect(await node.exec("exec", ["sh", "-c", "echo a; echo b >&2; exit 42"])).toEqual({
      exitCode: 42,
      stdout: "a\n",
      stderr: "b\n",
    });
    const killed = await node.exec("exec", ["sh", "-c", "kill -9 $$"]);
    expect(killed.exitCode).toBe(137);
    const long = "x".repeat(60_000);
    expect((await node.exec("exec", ["printf", "%s", long])).stdout).toBe(long);
    const zeros = await node.exec("exec", ["head", "-c", "3000000", "/dev/zero"]);
    expect(zeros.stdout).toHaveLength(3_000_000);
    // What the command leaves running, and printing, is not waited for: slowly or as fast as it can.
    const slow = `python3 -uc 'import time\nwhile True: print(); time.sleep(0.005)'`;
    for (const left of [slow, "yes"]) {
      const { exitCode, stdout } = await node.exec("exec", [
        "sh",
        "-c",
        `${left} & sleep 0.4; echo end; exit 5`,
      ]);
      expect(exitCode).toBe(5);
      expect(stdout).toContain("end\n");
      if (left === slow) expect(stdout.length).toBeLessThan(1_000);
    }
    const missing = await node.exec("exec", ["no-such-command"]).catch((error: Error) => error);
    expect(missing instanceof Error ? 127 : missing.exitCode).toBe(127);
    await node.remove("exec", 0);
  });
});

describe("a container with a terminal", () => {
  test("has one, and nothing that the host's shell would say or leave open", async () => {
    await node.script(
      "tty",
      `test -t 0 && test -t 1 && echo terminal; python3 -c 'import os; print(len(os.listdir("/proc/self/fd")))'`,
      {
        containers: [{ tty: true, stdin: true }],
      },
    );
    await node.until("tty", isOver);
    // Three and the one that lists them.
    expect((await node.logs("tty")).replaceAll("\r", "")).toBe("terminal\n4\n");
    await node.script("stdin", "cat; echo end", { containers: [{ stdin: true, stdinOnce: true }] });
    await node.until("stdin", isReady);
    expect(await node.logs("stdin")).toBe("");
    await node.remove("stdin", 0);
  });
});
