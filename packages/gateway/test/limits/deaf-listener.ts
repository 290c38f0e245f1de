/** A listener that takes no connection off its queue until it is told to: once the queue is full, connects get no answer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAM = `
  const { readSync } = require("node:fs");
  const server = require("node:http").createServer((request, response) => response.end("awake"));
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    process.stdout.write(server.address().port + "\\n");
    setImmediate(() => readSync(0, Buffer.alloc(1)));
  });
`;
/** That nobody answers can only be waited for. On loopback an answer takes a fraction of a millisecond. */
const UNHEARD_MS = 250;

export interface DeafListener {
  readonly port: number;
  /** Takes what waits and answers from now on. */
  wake(): Promise<void>;
  close(): Promise<void>;
}

export async function openDeafListener(): Promise<DeafListener> {
  const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(text.toString());
  const fillers: Socket[] = [];
  // How many the kernel holds beside the backlog is its own business.
  for (let unheard = 0; unheard < 2;) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    fillers.push(socket);
    const heard = await Promise.race([once(socket, "connect"), sleep(UNHEARD_MS, null)]);
    unheard = heard === null ? unheard + 1 : 0;
  }
  return {
    port,
    async wake() {
      child.stdin.write("x");
      await fetch(`http://127.0.0.1:${port}/`);
    },
    async close() {
      for (const socket of fillers) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}
