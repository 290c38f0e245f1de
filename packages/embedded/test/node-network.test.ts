import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLogger } from "@sandgate/contract";
import { openPodNetwork, type PodNetwork, type PodNetworkSlot } from "../src/node/network/pod-network.ts";

const run = promisify(execFile);
const listener: Server = createServer((socket) => socket.on("error", () => {}).end("host"));
let port: number;

beforeAll(async () => {
  listener.listen(0, "0.0.0.0");
  await once(listener, "listening");
  port = (listener.address() as AddressInfo).port;
});

afterAll(() => {
  listener.close();
});

function nameOf(slot: PodNetworkSlot): string {
  return slot.namespacePath.replace("/run/netns/", "");
}

/** Whether root in the pod's namespace reaches an address: more than any process of a pod could do. */
async function reaches(slot: PodNetworkSlot, ip: string, to: number): Promise<boolean> {
  const program = `import socket; socket.create_connection(("${ip}",${to}),timeout=0.7)`;
  const args = ["netns", "exec", nameOf(slot), "/usr/bin/python3", "-c", program];
  return run("ip", args).then(
    () => true,
    () => false,
  );
}

/** As the kernel has them, also of a bridge whose first port has only just come up, which Node.js does not list yet. */
function hostAddresses(): string[] {
  const output = execFileSync("ip", ["-j", "-4", "addr", "show", "scope", "global"], { encoding: "utf8" });
  const links = JSON.parse(output) as { addr_info?: { local: string }[] }[];
  return links.flatMap(({ addr_info = [] }) => addr_info.map(({ local }) => local));
}

describe.each([false, true])("the network of pods, with egress %s", (egress) => {
  let network: PodNetwork;
  let one: PodNetworkSlot;
  let two: PodNetworkSlot;
  const id = egress ? "e0000001" : "e0000000";

  beforeAll(async () => {
    network = await openPodNetwork({ id, egress, logger: silentLogger });
    [one, two] = await Promise.all([network.acquire(), network.acquire()]);
  });

  afterAll(async () => {
    await network.close();
  });

  test("lets nothing of the host be reached, on none of its addresses", async () => {
    expect(hostAddresses()).toContain(network.nodeIp);
    for (const ip of [...hostAddresses(), "169.254.169.254"])
      expect(await reaches(one, ip, port)).toBe(false);
  });

  test("puts its rules back where they were removed", async () => {
    execFileSync("nft", ["delete", "table", "inet", `sandgate_${id}`]);
    expect(await reaches(one, network.nodeIp, port)).toBe(true);
    await network.guard();
    expect(await reaches(one, network.nodeIp, port)).toBe(false);
  });

  test("takes no address of another pod's for the one who claims it", async () => {
    const serve = `
import socket,sys
s=socket.create_server(("0.0.0.0",9999)); print("up",flush=True)
while True:
    c,_=s.accept(); c.sendall(sys.argv[1].encode()); c.close()`;
    const servers = [one, two].map((slot, index) =>
      execFile("ip", ["netns", "exec", nameOf(slot), "/usr/bin/python3", "-c", serve, `pod-${index}`]),
    );
    try {
      await Promise.all(servers.map(async ({ stdout }) => stdout && once(stdout, "data")));
      const answer = async (): Promise<string> => {
        const program = `import socket; print(socket.create_connection(("${two.ip}",9999),timeout=2).recv(9).decode())`;
        return (await run("/usr/bin/python3", ["-c", program])).stdout.trim();
      };
      expect(await answer()).toBe("pod-1");
      const link = JSON.parse(
        execFileSync("ip", ["-j", "-n", nameOf(two), "link", "show", "eth0"], { encoding: "utf8" }),
      ) as [{ address: string }];
      // Root in the first pod's namespace takes the second one's name and address and says so to everybody.
      const inside = (...args: string[]): Buffer => execFileSync("ip", ["-n", nameOf(one), ...args]);
      inside("link", "set", "eth0", "down");
      inside("link", "set", "eth0", "address", link[0].address);
      inside("addr", "add", `${two.ip}/16`, "dev", "eth0");
      inside("link", "set", "eth0", "up");
      await reaches(one, network.nodeIp, port);
      expect(await answer()).toBe("pod-1");
    } finally {
      for (const server of servers) server.kill("SIGKILL");
    }
  });

  test("has no IPv6 address and no way to another pod", async () => {
    const addresses = execFileSync("ip", ["-n", nameOf(two), "-6", "addr", "show", "dev", "eth0"], {
      encoding: "utf8",
    });
    expect(addresses).toBe("");
    expect(await reaches(two, one.ip, 9999)).toBe(false);
  });
});
