import { writeFileSync } from "node:fs";
import type { Logger } from "@sandgate/contract";
import { runProgram } from "../run-program.ts";
import { firewallRules } from "./firewall.ts";
import { addressAt, overlaps, parseRange, printRange, type IpRange } from "./ip-range.ts";
import { removePodNetwork } from "./remove-pod-network.ts";

/** The network of one pod: a namespace of its own with one address. */
export interface PodNetworkSlot {
  readonly ip: string;
  /** Path of the network namespace. */
  readonly namespacePath: string;
  release(): Promise<void>;
}

export interface PodNetwork {
  /** The host's address on the bridge; the node's own. */
  readonly nodeIp: string;
  readonly range: string;
  acquire(): Promise<PodNetworkSlot>;
  /** Puts the rules back where somebody has removed them, as a reload of the host's firewall does. */
  guard(): Promise<void>;
  close(): Promise<void>;
}

export interface PodNetworkOptions {
  /** Eight hex digits of the data folder. */
  id: string;
  /** Absent: the first of the usual ranges that this host has no route for. */
  range?: string;
  egress: boolean;
  logger: Logger;
}

/** Ranges tried in turn. */
const CANDIDATES = Array.from({ length: 32 }, (_, index) => `10.${88 + index}.0.0/16`);
/** The first addresses are the network's and the host's. */
const FIRST_OFFSET = 2;

/**
 * Makes the bridge that pods hang on and the rules that keep them there. Each pod's port on the bridge is isolated: it
 * reaches the host only, and the rules let nothing new through from there.
 */
export async function openPodNetwork(options: PodNetworkOptions): Promise<PodNetwork> {
  const { id } = options;
  const bridge = `sg${id}`;
  const table = `sandgate_${id}`;
  await removePodNetwork(id);
  const range = await chooseRange(options.range, bridge);
  const nodeIp = addressAt(range, 1);
  const rules = firewallRules({
    table,
    bridge,
    range: printRange(range),
    egress: options.egress,
    neighbours: await connectedNetworks(bridge),
  });
  // Before anything could be sent.
  await runProgram("nft", ["-f", "-"], rules);
  let closed = false;
  await runProgram(
    "ip",
    ["-batch", "-"],
    [
      `link add ${bridge} type bridge`,
      `link set ${bridge} addrgenmode none`,
      `addr add ${nodeIp}/${range.bits} dev ${bridge}`,
      `link set ${bridge} up`,
    ].join("\n"),
  );
  if (options.egress) writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");

  const used = new Set<number>();
  const last = 2 ** (32 - range.bits) - 2;
  let next = FIRST_OFFSET;

  function takeOffset(): number {
    for (let tries = FIRST_OFFSET; tries <= last; tries++) {
      const offset = next;
      next = next >= last ? FIRST_OFFSET : next + 1;
      if (!used.has(offset)) {
        used.add(offset);
        return offset;
      }
    }
    throw new Error(`All addresses of ${printRange(range)} are taken by pods.`);
  }

  async function acquire(): Promise<PodNetworkSlot> {
    const offset = takeOffset();
    const ip = addressAt(range, offset);
    const namespace = `${bridge}-${offset}`;
    const mac = macOf(ip);
    const veth = `${bridge}${offset.toString(36)}`;
    const remove = async (): Promise<void> => {
      // The veth pair goes with the namespace.
      await runProgram("ip", ["netns", "delete", namespace]);
      used.delete(offset);
    };
    try {
      await runProgram(
        "ip",
        ["-batch", "-"],
        [
          `netns add ${namespace}`,
          `link add ${veth} type veth peer name eth0 address ${mac} netns ${namespace}`,
          `link set ${veth} addrgenmode none master ${bridge}`,
          // Neither the bridge nor the host learns from a pod who is where, and nobody gets what is meant for another.
          `link set ${veth} type bridge_slave isolated on learning off flood off mcast_flood off bcast_flood off`,
          `link set ${veth} up`,
          `neigh replace ${ip} lladdr ${mac} dev ${bridge} nud permanent`,
        ].join("\n"),
      );
      const inside = [
        "link set lo up",
        "link set eth0 addrgenmode none",
        `addr add ${ip}/${range.bits} dev eth0`,
        "link set eth0 up",
      ];
      if (options.egress) inside.push(`route add default via ${nodeIp}`);
      await Promise.all([
        runProgram("bridge", ["fdb", "replace", mac, "dev", veth, "master", "static"]),
        runProgram("ip", ["-n", namespace, "-batch", "-"], inside.join("\n")),
      ]);
    } catch (error) {
      await remove().catch(() => used.delete(offset));
      throw error;
    }
    return { ip, namespacePath: `/run/netns/${namespace}`, release: remove };
  }

  return {
    nodeIp,
    range: printRange(range),
    acquire,
    async guard() {
      const there = await runProgram("nft", ["-t", "list", "table", "inet", table]).then(
        () => true,
        () => false,
      );
      if (there || closed) return;
      options.logger.warn("the rules that keep pods from the host had been removed and are back", { table });
      await runProgram("nft", ["-f", "-"], rules);
    },
    async close() {
      closed = true;
      await removePodNetwork(id);
    },
  };
}

/** Of the pod's end; follows from the address, so that nobody has to be asked. */
function macOf(ip: string): string {
  const bytes = ip.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `0a:58:${bytes.join(":")}`;
}

/** Networks that the host is in itself, private or not: a pod has no business with their machines. */
async function connectedNetworks(bridge: string): Promise<string[]> {
  const output = await runProgram("ip", ["-j", "-4", "route", "show", "scope", "link"]);
  return (JSON.parse(output) as { dst?: string; dev?: string }[]).flatMap(({ dst, dev }) =>
    dst !== undefined && dev !== bridge && /^[\d.]+(?:\/\d+)?$/.test(dst) ? [dst] : [],
  );
}

async function chooseRange(wanted: string | undefined, bridge: string): Promise<IpRange> {
  const output = await runProgram("ip", ["-j", "-4", "route", "show", "table", "all"]);
  const routes = (JSON.parse(output) as { dst?: string; dev?: string }[])
    .filter(
      (route) => route.dev !== bridge && route.dst !== undefined && /^[\d.]+(?:\/\d+)?$/.test(route.dst),
    )
    .map((route) => parseRange(route.dst?.includes("/") === true ? route.dst : `${route.dst}/32`));
  if (wanted !== undefined) {
    const range = parseRange(wanted);
    if (range.bits > 29) throw new RangeError(`${wanted} is too small for pods; take a /29 or larger`);
    if (routes.some((route) => overlaps(route, range)))
      throw new Error(`The pods' range ${wanted} overlaps a route of this host.`);
    return range;
  }
  const free = CANDIDATES.map(parseRange).find((range) => !routes.some((route) => overlaps(route, range)));
  if (free === undefined)
    throw new Error("No range from 10.88.0.0/16 to 10.119.0.0/16 is free of routes for pods.");
  return free;
}
