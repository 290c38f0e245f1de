/** A network namespace that has nothing but loopback, and in it one way out: to an API server. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface PlaceWithoutRoute {
  /** Starts a program there. */
  spawn(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  /** What a program printed that ran there to its end. */
  run(command: string, args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Listens there on the port of the server's URL, and carries every connection out through a socket in the file system. */
const RELAY = `
const net = require("node:net");
const [port, path] = process.argv.slice(1);
net.createServer({ allowHalfOpen: true }, (inner) => {
  const outer = net.connect({ path, allowHalfOpen: true });
  for (const one of [inner, outer]) one.on("error", () => { inner.destroy(); outer.destroy(); });
  inner.pipe(outer).pipe(inner);
}).listen(Number(port), "127.0.0.1", () => console.log("relays"));
`;

/** @param server - URL on loopback, which is reached under the same URL there. */
export async function openPlaceWithoutRoute(server: string): Promise<PlaceWithoutRoute> {
  const { port } = new URL(server);
  const path = join(tmpdir(), `sandgate-relay-${process.pid}-${port}.sock`);
  const outside = relayTo(Number(port)).listen(path);
  await once(outside, "listening");
  const inside = spawn(
    "unshare",
    ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", process.execPath, "-e", RELAY, port, path],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(inside.stdout, "data");
  const enter = ["--net", "--target", String(inside.pid)];
  return {
    spawn: (command, args, env = {}) =>
      spawn("nsenter", [...enter, command, ...args], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    async run(command, args) {
      const child = spawn("nsenter", [...enter, command, ...args], { stdio: ["ignore", "pipe", "inherit"] });
      return text(child.stdout);
    },
    async close() {
      const exit = once(inside, "exit");
      inside.kill("SIGKILL");
      await exit;
      outside.close();
      rmSync(path, { force: true });
    },
  };
}

function relayTo(port: number): Server {
  return createServer({ allowHalfOpen: true }, (inner: Socket) => {
    const outer = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    for (const one of [inner, outer]) {
      one.on("error", () => {
        inner.destroy();
        outer.destroy();
      });
    }
    inner.pipe(outer).pipe(inner);
  });
}
