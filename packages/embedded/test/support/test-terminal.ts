import type { Status } from "@sandgate/contract";
import { queryString, type KubeClient } from "@sandgate/kube";
import type { RawData } from "ws";
import { NAMESPACE } from "./test-node.ts";

const Channel = { stdin: 0, stdout: 1, error: 3, resize: 4 } as const;
const LONGEST_WAIT_MS = 20_000;

/** A person at a terminal: of a command (exec) or of a container's own process (attach). */
export interface TestTerminal {
  /** All that was seen so far, with line ends as Unix has them. */
  readonly screen: () => string;
  type(text: string): void;
  resize(width: number, height: number): void;
  /** Resolves with the screen as soon as the pattern is on it. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves at the end of the session; 0 also where a container was left. */
  readonly exitCode: Promise<number>;
  leave(): void;
}

export interface TerminalOptions {
  pod: string;
  /** Absent: attaches to the container. */
  command?: readonly string[];
  /** Absent: true. */
  stdin?: boolean;
}

export async function openTerminal(client: KubeClient, options: TerminalOptions): Promise<TestTerminal> {
  const { pod, command, stdin = true } = options;
  const verb = command === undefined ? "attach" : "exec";
  const query = queryString({ ...(command && { command }), stdin, stdout: true, tty: true });
  const socket = await client.connect(`/api/v1/namespaces/${NAMESPACE}/pods/${pod}/${verb}${query}`, [
    "v5.channel.k8s.io",
  ]);
  let raw = "";
  const screen = (): string => raw.replaceAll("\r\n", "\n");
  let status: Status | null = null;
  let ended = false;
  const waiting = new Set<() => void>();
  socket.on("message", (data: RawData) => {
    const message = data as Buffer;
    if (message[0] === Channel.stdout) raw += message.subarray(1).toString();
    if (message[0] === Channel.error) status = JSON.parse(message.subarray(1).toString()) as Status;
    for (const check of waiting) check();
  });
  const exitCode = new Promise<number>((resolve) => {
    socket.once("close", () => {
      ended = true;
      for (const check of waiting) check();
      const cause = status?.details?.causes?.find((one) => one.reason === "ExitCode");
      resolve(cause === undefined ? 0 : Number(cause.message));
    });
  });
  const send = (channel: number, text: string): void =>
    socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  return {
    screen,
    type: (text) => send(Channel.stdin, text),
    resize: (width, height) => send(Channel.resize, JSON.stringify({ Width: width, Height: height })),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const fail = (why: string): void => {
          waiting.delete(check);
          reject(new Error(`${why} without ${String(pattern)} on the screen: ${JSON.stringify(screen())}`));
        };
        const timer = setTimeout(() => fail("waited in vain"), LONGEST_WAIT_MS);
        const check = (): void => {
          if (pattern.test(screen())) resolve(screen());
          else if (ended) fail("the session ended");
          else return;
          waiting.delete(check);
          clearTimeout(timer);
        };
        waiting.add(check);
        check();
      }),
    exitCode,
    leave: () => socket.terminate(),
  };
}
