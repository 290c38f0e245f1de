import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isReady, openTestNode, type TestNode } from "./support/test-node.ts";
import { openOutside, type Outside } from "./support/outside.ts";

const run = promisify(execFile);

/** Says for each address what came back over TCP and over UDP, or why nothing did. */
const TALK = `
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def tcp(ip, port):
    with socket.create_connection((ip, port), timeout=0.7) as s: return s.recv(9)
def udp(ip, port):
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.7); s.connect((ip, port)); s.send(b"x"); return s.recv(9)
def talk(attempt):
    how, ip = attempt
    try: return how(ip, int(sys.argv[1])).decode()
    except OSError: return "nothing"
attempts = [(how, ip) for ip in sys.argv[2:] for how in (tcp, udp)]
with ThreadPoolExecutor(99) as pool:
    for (how, ip), answer in zip(attempts, pool.map(talk, attempts)): print(how.__name__, ip, answer)`;

const both = (ip: string, answer: string): string[] => [`tcp ${ip} ${answer}`, `udp ${ip} ${answer}`];

describe.each([false, true])("a pod, with egress %s,", (egress) => {
  let node: TestNode;
  let outside: Outside;
  const host = createServer((socket) => socket.end("host"));
  let port: number;

  beforeAll(async () => {
    outside = await openOutside(egress ? 1 : 0);
    // Every address of the host, IPv6 too.
    host.listen(0, "::");
    await once(host, "listening");
    port = (host.address() as AddressInfo).port;
    node = await openTestNode({ egress });
    await node.script("pod", "exec sleep 1000");
    await node.until("pod", isReady);
  });

  afterAll(async () => {
    await node.close();
    outside.close();
    host.close();
  });

  const talk = async (to: number, ips: readonly string[]): Promise<string[]> => {
    const { stdout } = await node.exec("pod", ["python3", "-c", TALK, String(to), ...ips]);
    return stdout.trim().split("\n");
  };
  const talkFromHost = async (to: number, ips: readonly string[]): Promise<string[]> => {
    const { stdout } = await run("python3", ["-c", TALK, String(to), ...ips]);
    return stdout.trim().split("\n");
  };

  test(`${egress ? "reaches" : "does not reach"} a public address, by TCP and UDP`, async () => {
    const answer = egress ? "outside" : "nothing";
    const seen = await outside.seenWhile(async () => {
      expect(await talk(outside.port, [outside.public])).toEqual(both(outside.public, answer));
    });
    // Under the host's name, where at all: nobody outside learns a pod's address.
    const mine = outside.neighbour.replace(/\d+$/, (last) => String(Number(last) - 1));
    const expected = egress ? [`tcp ${mine} ${outside.public}`, `udp ${mine} ${outside.public}`] : [];
    expect(seen).toEqual(expected);
    // The way is there, and somebody at its end.
    expect(await talkFromHost(outside.port, [outside.public])).toEqual(both(outside.public, "outside"));
  });

  test("reaches no private address and no machine next to the host, whatever way there is", async () => {
    const closed = [outside.neighbour, ...outside.private];
    const seen = await outside.seenWhile(async () => {
      expect(await talk(outside.port, closed)).toEqual(closed.flatMap((ip) => both(ip, "nothing")));
    });
    expect(seen).toEqual([]);
    expect(await talkFromHost(outside.port, closed)).toEqual(closed.flatMap((ip) => both(ip, "outside")));
  });

  test("reaches the host on none of its addresses, of IPv4, of IPv6, or of one as the other", async () => {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const scoped = all.filter(({ address }) => !address.startsWith("fe80:")).map(({ address }) => address);
    const mapped = all.filter(({ family }) => family === "IPv4").map(({ address }) => `::ffff:${address}`);
    const ips = [...scoped, ...mapped];
    expect(ips).toContain("::1");
    const open = (await talkFromHost(port, ips)).filter((line) => line.startsWith("tcp"));
    expect(open).toEqual(ips.map((ip) => `tcp ${ip} host`));
    const answers = (await talk(port, ips)).filter((line) => line.startsWith("tcp"));
    expect(answers).toEqual(ips.map((ip) => `tcp ${ip} nothing`));
  });

  test("reaches no IPv6 of the host's either where root in its network gives itself an address", async () => {
    const pod = await node.until("pod", isReady);
    const routes = JSON.parse(
      execFileSync("ip", ["-j", "route", "get", pod.status?.podIP ?? ""], { encoding: "utf8" }),
    ) as [{ dev: string }];
    const bridge = routes[0].dev;
    const number = (pod.status?.podIP ?? "").split(".").slice(2).map(Number);
    const name = `${bridge}-${(number[0] ?? 0) * 256 + (number[1] ?? 0)}`;
    execFileSync("ip", ["-6", "addr", "add", "fd53:5347::1/64", "dev", bridge, "nodad"]);
    const inside = (...args: string[]): Promise<unknown> => run("ip", ["netns", "exec", name, ...args]);
    await inside("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
    await inside("ip", "-6", "addr", "add", "fd53:5347::2/64", "dev", "eth0", "nodad");
    const attempt = (): Promise<string> =>
      run("ip", ["netns", "exec", name, "python3", "-c", TALK, String(port), "fd53:5347::1"]).then(
        ({ stdout }) => stdout.split("\n")[0] ?? "",
      );
    expect(await attempt()).toBe("tcp fd53:5347::1 nothing");
    // Without the rules it would. They are emptied, not removed: removed ones are soon put back.
    execFileSync("nft", ["flush", "table", "inet", `sandgate_${bridge.slice(2)}`]);
    expect(await attempt()).toBe("tcp fd53:5347::1 host");
  });
});
