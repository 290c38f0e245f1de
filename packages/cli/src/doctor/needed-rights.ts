/** One verb on one kind that the gateway asks for. */
export interface NeededRight {
  group: string;
  resource: string;
  verb: string;
}

const READS: readonly NeededRight[] = [
  { group: "agents.x-k8s.io", resource: "sandboxes", verb: "list" },
  { group: "agents.x-k8s.io", resource: "sandboxes", verb: "watch" },
  { group: "", resource: "pods", verb: "list" },
  { group: "", resource: "pods", verb: "watch" },
];

/**
 * What the gateway has to do. It reads, and writes nothing.
 *
 * @param portForward - Outside of the cluster it reaches pods by port-forward too, which older API servers count as a get
 *   and newer ones as a create.
 */
export function neededRights(portForward: boolean): readonly NeededRight[] {
  if (!portForward) return READS;
  return [
    ...READS,
    { group: "", resource: "pods/portforward", verb: "get" },
    { group: "", resource: "pods/portforward", verb: "create" },
  ];
}
