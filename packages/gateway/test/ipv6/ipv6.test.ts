/** Pods that have nothing but an IPv6 address. The network is the test's own: loopback is never dialled as a pod. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const POD = "fd00:5a::2";
const IN_NETWORK = `ip link set lo up && ip -6 addr add ${POD}/128 dev lo nodad && exec "$@"`;
const PROGRAM = join(import.meta.dirname, "pod-with-ipv6.ts");

it("a pod with an IPv6 address alone is reached in every way", async () => {
  const command = ["sh", "-c", IN_NETWORK, "sh", process.execPath, PROGRAM, POD];
  const { stdout } = await run("unshare", ["--map-root-user", "--net", "--", ...command]);
  const { port, h2cPort, gateway, ...seen } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seen).toEqual({
    path: { from: POD, host: gateway },
    headers: { from: POD, host: `[${POD}]:${String(port)}` },
    podIp: { from: POD, host: `[${POD}]:${String(port)}` },
    webSocket: "there and back",
    h2c: { from: POD, authority: gateway },
    h2cByHeaders: { from: POD, authority: `[${POD}]:${String(h2cPort)}` },
  });
});
