import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** A machine of somebody else's, as far as this one can tell: a network namespace behind a router, on this machine only. */
export interface Outside {
  /** On the same cable as this machine. */
  readonly neighbour: string;
  /** Behind the neighbour: an address of the documentation's, which counts as public. */
  readonly public: string;
  /** Behind the neighbour too, where clouds have what pods must not see. */
  readonly private: readonly string[];
  readonly port: number;
  /** Who has connected (`tcp`) or sent something (`udp`) while that was done, as `PROTOCOL SOURCE DESTINATION`, sorted. */
  seenWhile(work: () => Promise<unknown>): Promise<string[]>;
  close(): void;
}

const PORT = 7777;
const SERVER = `
import os, socket, threading, sys
port = int(sys.argv[1])
tcp = socket.create_server(("0.0.0.0", port))
# A line is one write: print writes text and line end apart, and another thread's text could come between.
def say(*words): os.write(1, (" ".join(words) + "\\n").encode())
def udp(ip):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((ip, port))
    while True:
        data, peer = s.recvfrom(99); say("udp", peer[0], ip); s.sendto(b"outside", peer)
for ip in sys.argv[2:]: threading.Thread(target=udp, args=[ip], daemon=True).start()
say("up")
while True:
    c, peer = tcp.accept(); say("tcp", peer[0], c.getsockname()[0]); c.sendall(b"outside"); c.close()`;

/**
 * @param number - Keeps two of them apart; from 0 to 63.
 */
export async function openOutside(number: number): Promise<Outside> {
  const name = `sgout${number}`;
  const here = `203.0.113.${number * 4 + 1}`;
  const neighbour = `203.0.113.${number * 4 + 2}`;
  const behind = [
    `198.51.100.${number + 1}`,
    `10.250.${number}.1`,
    `172.31.${number}.1`,
    `100.100.${number}.1`,
  ];
  // Whom only this asks, to know how far the output is.
  const mark = `198.51.100.${number + 101}`;
  const ip = (...args: string[]): Buffer => execFileSync("ip", args);
  remove(name);
  ip("netns", "add", name);
  ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
  ip("addr", "add", `${here}/30`, "dev", name);
  ip("link", "set", name, "up");
  ip("-n", name, "addr", "add", `${neighbour}/30`, "dev", "eth0");
  ip("-n", name, "link", "set", "eth0", "up");
  ip("-n", name, "link", "set", "lo", "up");
  for (const address of [...behind, mark]) {
    ip("-n", name, "addr", "add", `${address}/32`, "dev", "lo");
    ip("route", "add", `${address}/32`, "via", neighbour);
  }
  const args = ["netns", "exec", name, "/usr/bin/python3", "-c", SERVER, String(PORT), neighbour, ...behind];
  const server = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const started = await lines.next();
  if (started.value !== "up") throw new Error("the server outside did not start");
  /** Until one more connection from here: what was before it is before it in the output as well. */
  const linesSoFar = async (): Promise<string[]> => {
    await once(connect(PORT, mark).resume(), "close");
    const found: string[] = [];
    for (;;) {
      const line = await lines.next();
      if (line.done === true) throw new Error("the server outside has ended");
      if (line.value === `tcp ${here} ${mark}`) return found;
      found.push(line.value);
    }
  };
  const [first = "", ...rest] = behind;
  return {
    neighbour,
    public: first,
    private: rest,
    port: PORT,
    async seenWhile(work) {
      await linesSoFar();
      await work();
      return (await linesSoFar()).toSorted();
    },
    close() {
      server.kill("SIGKILL");
      remove(name);
    },
  };
}

function remove(name: string): void {
  for (const args of [
    ["link", "delete", name],
    ["netns", "delete", name],
  ]) {
    try {
      execFileSync("ip", args, { stdio: "ignore" });
    } catch {
      // There is none.
    }
  }
}
