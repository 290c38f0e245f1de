/** The walls around one cluster: network, mount and process namespaces that end with the test run, whatever happens. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { innerPid, openKeeper } from "./keeper.ts";

/** Addresses of one cluster. Each has ranges of its own, so that several run at once and the tests reach all of them. */
export interface ClusterNetwork {
  /** The test's end of the link. */
  readonly hostAddress: string;
  /** The node's. Everything of the cluster listens here or on its loopback. */
  readonly nodeAddress: string;
  readonly podRange: string;
  readonly serviceRange: string;
  /** Of Services of type LoadBalancer; routed to the node once somebody gives such addresses. */
  readonly balancerRange: string;
  readonly dnsAddress: string;
}

export interface ClusterNamespace {
  readonly network: ClusterNetwork;
  /** Starts a program inside. */
  spawn(
    command: string,
    args: readonly string[],
    options: { stdio: ["ignore", number, number]; env?: NodeJS.ProcessEnv },
  ): ChildProcess;
  /** Runs a program inside to its end. @throws Error with its output if it fails. */
  run(command: string, args: readonly string[], input?: string): string;
  /** Process id, outside, of the program that `spawn` started. */
  innerPid(child: ChildProcess): number;
  /** Ends every process inside at once; the kernel takes mounts, links and packet filter tables with them. */
  close(): Promise<void>;
}

const NETWORKS = 200;
/** containerd's folder of running containers is at a fixed place: every cluster has its own there. */
const PREPARE = "mkdir -p /run/containerd; mount -t tmpfs tmpfs /run/containerd";

function networkOf(index: number): ClusterNetwork {
  return {
    hostAddress: `10.210.${index}.1`,
    nodeAddress: `10.210.${index}.2`,
    podRange: `10.211.${index}.0/24`,
    serviceRange: `10.212.${index}.0/24`,
    balancerRange: `10.213.${index}.0/24`,
    dnsAddress: `10.212.${index}.10`,
  };
}

/**
 * Opens the namespaces. When their first process ends, the kernel ends everything in its process namespace.
 *
 * @param options.reachable - Whether the tests have a route to pods and Services; without, only the node is reached, as
 *   from a laptop outside the cluster.
 */
export async function openNamespace(options: { reachable: boolean }): Promise<ClusterNamespace> {
  const keeper = await openKeeper(["--net", "--mount", "--pid", "--mount-proc"], PREPARE);
  const enter = (command: string, args: readonly string[]): string[] => [
    "-t",
    String(keeper.pid),
    "--net",
    "--mount",
    "--pid",
    "--",
    command,
    ...args,
  ];
  try {
    const network = joinNetwork(keeper.pid, options.reachable);
    return {
      network,
      innerPid,
      spawn: (command, args, spawnOptions) => spawn("nsenter", enter(command, args), spawnOptions),
      run: (command, args, input) => run("nsenter", enter(command, args), input),
      close: () => keeper.close(),
    };
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

/** Joins the namespace by a veth. The first index whose link name is free is ours: making it is the reservation. */
function joinNetwork(inner: number, reachable: boolean): ClusterNetwork {
  for (let index = 0; index < NETWORKS; index++) {
    const link = `sgtest${index}`;
    const made = spawnSync(
      "ip",
      ["link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", String(inner)],
      { encoding: "utf8" },
    );
    if (made.status !== 0) {
      if (made.stderr.includes("File exists")) continue;
      throw new Error(`ip link add ${link}: ${made.stderr}`);
    }
    const network = networkOf(index);
    const routes = reachable
      ? [network.podRange, network.serviceRange].map(
          (range) => `route replace ${range} via ${network.nodeAddress}`,
        )
      : [];
    ip([`addr add ${network.hostAddress}/30 dev ${link}`, `link set ${link} up`, ...routes]);
    const inside = [
      "link set lo up",
      `addr add ${network.nodeAddress}/30 dev eth0`,
      "link set eth0 up",
      `route add default via ${network.hostAddress}`,
    ];
    run("nsenter", ["-t", String(inner), "--net", "ip", "-batch", "-"], `${inside.join("\n")}\n`);
    run("nsenter", [
      "-t",
      String(inner),
      "--net",
      "--mount",
      "sh",
      "-c",
      "echo 1 > /proc/sys/net/ipv4/ip_forward",
    ]);
    return network;
  }
  throw new Error(
    `All of the links sgtest0 to sgtest${NETWORKS - 1} are taken: do ${NETWORKS} clusters run?`,
  );
}

function ip(lines: readonly string[]): void {
  run("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
}

function run(command: string, args: readonly string[], input?: string): string {
  const done = spawnSync(command, args, { encoding: "utf8", ...(input === undefined ? {} : { input }) });
  if (done.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${done.status}: ${done.stderr || done.error?.message}`,
    );
  }
  return done.stdout;
}
