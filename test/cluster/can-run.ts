/** Whether this machine can run real clusters, and what they need of its system. */
import type { SystemPart } from "../../packages/cli/src/system-parts/parts.ts";
import { goVersion } from "./binaries/cluster-binaries.ts";

/** Beside what `sandgate up` needs. */
export const CLUSTER_SYSTEM_PARTS: readonly SystemPart[] = [
  {
    name: "containerd",
    commands: ["containerd", "ctr"],
    debianPackage: "containerd",
    why: "runs the pods of the tests' clusters",
  },
  { name: "runc", commands: ["runc"], debianPackage: "runc", why: "starts their containers" },
  {
    name: "CNI plugins",
    commands: ["/usr/lib/cni/bridge", "/usr/lib/cni/host-local"],
    debianPackage: "containernetworking-plugins",
    why: "give those pods a network",
  },
  {
    name: "debootstrap",
    commands: ["debootstrap"],
    debianPackage: "debootstrap",
    why: "makes the image of the sandboxes' runtime",
  },
  { name: "curl", commands: ["curl"], debianPackage: "curl", why: "is what the guides ask with" },
  {
    name: "openssl",
    commands: ["openssl"],
    debianPackage: "openssl",
    why: "makes a key, as the guide has it",
  },
  {
    name: "HAProxy",
    commands: ["haproxy"],
    debianPackage: "haproxy",
    why: "is the balancer before several regions",
  },
];

/** Why no cluster can run here, in one line; null where one can. */
export function clusterObstacle(): string | null {
  if (process.platform !== "linux") return `clusters need Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "clusters need root: run the tests as root to have them";
  if (goVersion() === null)
    return "clusters are built with Go, which is not on PATH: install Go 1.26 or later";
  return null;
}
