import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PODS } from "@sandgate/kube";
import { isOver, isReady, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";
import { openTerminal, type TestTerminal } from "./support/test-terminal.ts";

const LOOK = "tty; test -t 0 && echo yes; ls -l $(tty)";
/** Named by its own number, owned by the container's user, in the pod's own devpts. */
const SEEN = /^(\/dev\/pts\/\d+)\nyes\ncrw--w---- 1 (?:sandbox|1000) \S+ +136, +\d+ .* \1\n/m;

/** Says each size that it is told of. */
const SIZES = `import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print("up", flush=True)
while signal.sigwait([signal.SIGWINCH]): print(*os.get_terminal_size(), flush=True)`;

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
  await node.script("host", "exec sleep 1000");
  await node.until("host", isReady);
});

afterAll(async () => {
  await node.close();
});

const run = (script: string, stdin = true): Promise<TestTerminal> =>
  openTerminal(node.client, { pod: "host", command: ["bash", "--norc", "-c", script], stdin });

describe("exec with a terminal", () => {
  test("is on a terminal of the pod's own, which the pod finds by its name", async () => {
    const terminal = await run(`${LOOK}; exit 5`);
    expect(await terminal.exitCode).toBe(5);
    expect(terminal.screen()).toMatch(SEEN);
  });

  test("gives each command another terminal, and the number back at its end", async () => {
    const [first, second] = [await run("tty; read x"), await run("tty; read x")];
    const names = await Promise.all([first.until(/pts\/\d+\n/), second.until(/pts\/\d+\n/)]);
    expect(names[0]).not.toBe(names[1]);
    for (const one of [first, second]) one.type("\n");
    await Promise.all([first.exitCode, second.exitCode]);
    const third = await run("ls /dev/pts");
    await third.exitCode;
    expect(third.screen().split(/\s+/).filter(Boolean)).toEqual(["0", "ptmx"]);
  });

  test("tells the command of a new size", async () => {
    const terminal = await openTerminal(node.client, { pod: "host", command: ["python3", "-c", SIZES] });
    await terminal.until(/up/);
    terminal.resize(101, 41);
    await terminal.until(/^101 41$/m);
    terminal.resize(80, 24);
    await terminal.until(/^80 24$/m);
    terminal.leave();
  });

  test("interrupts, suspends and ends input by the keys that people press", async () => {
    const terminal = await run("trap 'echo stopped; exit 7' INT; echo up; while :; do read -t 0.05 x; done");
    await terminal.until(/up/);
    terminal.type("\u0003");
    expect(await terminal.exitCode).toBe(7);
    expect(terminal.screen()).toMatch(/\^Cstopped\n$/);

    const shell = await openTerminal(node.client, { pod: "host", command: ["bash", "--norc", "-i"] });
    shell.type("PS1='ready> '\n");
    await shell.until(/^.*ready> $/m);
    // A child says so: by then it has the terminal, and the shell has not.
    shell.type("sh -c 'echo begun; exec sleep 1000'\n");
    await shell.until(/^begun$/m);
    shell.type("\u0003");
    await shell.until(/\^C\n.*ready> $/);
    shell.type("echo $((6*7))\n");
    await shell.until(/^.*42$/m);
    shell.type("sh -c 'echo open; exec cat'\n");
    await shell.until(/^open$/m);
    shell.type("words\n");
    await shell.until(/words\nwords\n/);
    shell.type("\u0004");
    shell.type("exit 3\n");
    expect(await shell.exitCode).toBe(3);
    expect(shell.screen()).not.toContain("no job control");
  });

  test("without input waits for none, instead of reading its end", async () => {
    const terminal = await run("read -t 0.3 x; echo $?; exit 0", false);
    expect(await terminal.exitCode).toBe(0);
    // What read says after its time; an end of input would be 1.
    expect(terminal.screen()).toMatch(/^(?:142)\n$/);
  });

  test("shows all of a long output, to its last line", async () => {
    const terminal = await run("seq 60000; exit 6");
    expect(await terminal.exitCode).toBe(6);
    expect(terminal.screen().split("\n")).toEqual([
      ...Array.from({ length: 60_000 }, (_, at) => `${at + 1}`),
      "",
    ]);
  });

  test("ends with the code of a command that is not there or was killed", async () => {
    const missing = await openTerminal(node.client, { pod: "host", command: ["no-such-command"] });
    expect(await missing.exitCode).toBe(127);
    expect(missing.screen()).toBe("no-such-command: No such file or directory\n");
    expect(await (await run("kill -9 $$")).exitCode).toBe(137);
  });
});

describe("a container with a terminal", () => {
  test("is on a terminal of the pod's own, for whoever attaches to it", async () => {
    await node.script(
      "shell",
      `read x; ${LOOK}; trap 'stty size' WINCH; echo up; while :; do read -t 0.05 x && echo "<$x>"; done`,
      {
        containers: [{ tty: true, stdin: true }],
      },
    );
    await node.until("shell", isReady);
    const terminal = await openTerminal(node.client, { pod: "shell" });
    terminal.type("\n");
    await terminal.until(/up\n/);
    expect(terminal.screen()).toMatch(SEEN);
    terminal.resize(99, 33);
    await terminal.until(/^33 99$/m);
    terminal.type("word\n");
    await terminal.until(/<word>/);
    terminal.type("\u0003");
    // Whoever is attached has not run it: its code is the pod's to tell.
    expect(await terminal.exitCode).toBe(0);
    const pod = await node.until("shell", isOver);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 130 });
  });

  test("has one also where nobody can type, and ends with its own code", async () => {
    await node.script("mute", "tty; read -t 0.3 x; echo $?; exit 9", { containers: [{ tty: true }] });
    const pod = await node.until("mute", isOver);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 9,
      reason: "Error",
    });
    expect((await node.logs("mute")).replaceAll("\r", "")).toBe("/dev/pts/0\n142\n");
  });

  test("whose command is not there fails to start, as without one", async () => {
    await node.script("typo", "", { containers: [{ tty: true, command: ["/no/such"] }] });
    const ended = (await node.until("typo", isOver)).status?.containerStatuses?.[0]?.state?.terminated;
    expect(ended).toMatchObject({ exitCode: 128, reason: "StartError" });
    expect(ended?.message).toContain("No such file");
  });

  test("is asked to end, and hears it itself", async () => {
    await node.script("polite", `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done`, {
      containers: [{ tty: true }],
    });
    await node.until("polite", isReady);
    await node.untilLog("polite", "up\r");
    const log = node.untilLog("polite", "bye\r");
    await node.client.delete(PODS, { namespace: NAMESPACE, name: "polite" }, { gracePeriodSeconds: 20 });
    expect(await log).toContain("bye");
    await node.gone("polite");
  });
});
