/** A program of the host that Sandgate starts but does not bring along. */
export interface SystemPart {
  readonly name: string;
  /** Programs that must be found; absolute paths must exist as they are. */
  readonly commands: readonly string[];
  readonly debianPackage: string;
  readonly why: string;
}

/** What `sandgate up` needs. The one table: the start script, `sandgate up` and the documentation read it. */
export const SYSTEM_PARTS: readonly SystemPart[] = [
  {
    name: "bubblewrap",
    commands: ["bwrap"],
    debianPackage: "bubblewrap",
    why: "isolates the processes of a pod",
  },
  {
    name: "iproute2",
    commands: ["ip", "bridge"],
    debianPackage: "iproute2",
    why: "gives a pod its network namespace and address",
  },
  {
    name: "nftables",
    commands: ["nft"],
    debianPackage: "nftables",
    why: "keeps pods from the host and from the network",
  },
  {
    name: "util-linux",
    commands: ["setpriv", "nsenter", "unshare", "mount", "prlimit", "pivot_root"],
    debianPackage: "util-linux",
    why: "drops root before a pod starts",
  },
  {
    name: "bash",
    commands: ["bash"],
    debianPackage: "bash",
    why: "prepares a pod's folders before it starts",
  },
  {
    name: "python3",
    commands: ["/usr/bin/python3"],
    debianPackage: "python3",
    why: "runs commands in a running pod, and is what most sandboxes are asked for",
  },
];
