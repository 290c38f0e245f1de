/**
 * What the releases of agent-sandbox can do, as far as Sandgate's users notice. The one table: the suite writes its objects
 * by it and `docs/reference/releases.md` shows it.
 */
export interface ReleaseFacts {
  /** Version in which objects are written. */
  readonly version: "v1alpha1" | "v1beta1";
  /** The Service of a Sandbox. */
  readonly service: "always, without ports" | "on request, with ports" | "on request, without ports";
  readonly podIpsInStatus: boolean;
  /** The member that suspends. */
  readonly suspendBy: "replicas" | "operatingMode";
  /** What a warm pool holds. A claim's sandbox has the claim's name in the first case, the member's in the second. */
  readonly poolHolds: "pods" | "sandboxes";
  /** What a claim names. */
  readonly claimNames: "template" | "template and pool" | "pool";
  /** Whether an ended pod shows in the Sandbox's conditions. */
  readonly finished: boolean;
  readonly shutdownPolicy: boolean;
  /** Whether an expired sandbox runs again when its shutdown time is put off. */
  readonly revived: boolean;
  /** Whether a suspended sandbox shows as one, and not as `Ready`. */
  readonly suspendedShown: boolean;
  /** When a claim is looked at again whose template, or from v0.5.0 on whose pool, was missing. */
  readonly templateAwaited:
    | "at once"
    | "after a growing pause"
    | "within a minute"
    | "when the claim is changed";
  /** Whether pods of claims get neither the token of a service account nor the cluster's DNS unless their template asks. */
  readonly secureDefaults: boolean;
  readonly poolCountsReady: boolean;
  /** From whom the controller's network policy of a template lets traffic in. */
  readonly admits: "anybody" | "the router in the sandbox's namespace" | "the router in agent-sandbox-system";
}

export const RELEASES = {
  "v0.1.0": {
    version: "v1alpha1",
    service: "always, without ports",
    podIpsInStatus: false,
    suspendBy: "replicas",
    poolHolds: "pods",
    claimNames: "template",
    finished: false,
    shutdownPolicy: false,
    revived: true,
    suspendedShown: false,
    templateAwaited: "after a growing pause",
    secureDefaults: false,
    poolCountsReady: false,
    admits: "anybody",
  },
  "v0.2.1": {
    version: "v1alpha1",
    service: "always, without ports",
    podIpsInStatus: false,
    suspendBy: "replicas",
    poolHolds: "pods",
    claimNames: "template",
    finished: false,
    shutdownPolicy: true,
    revived: false,
    suspendedShown: false,
    templateAwaited: "when the claim is changed",
    secureDefaults: true,
    poolCountsReady: true,
    admits: "the router in the sandbox's namespace",
  },
  "v0.4.6": {
    version: "v1alpha1",
    service: "on request, without ports",
    podIpsInStatus: true,
    suspendBy: "replicas",
    poolHolds: "sandboxes",
    claimNames: "template and pool",
    finished: true,
    shutdownPolicy: true,
    revived: true,
    suspendedShown: false,
    templateAwaited: "within a minute",
    secureDefaults: true,
    poolCountsReady: true,
    admits: "the router in the sandbox's namespace",
  },
  "v0.5.6": {
    version: "v1beta1",
    service: "on request, with ports",
    podIpsInStatus: true,
    suspendBy: "operatingMode",
    poolHolds: "sandboxes",
    claimNames: "pool",
    finished: true,
    shutdownPolicy: true,
    revived: true,
    suspendedShown: true,
    templateAwaited: "at once",
    secureDefaults: true,
    poolCountsReady: true,
    admits: "the router in agent-sandbox-system",
  },
} as const satisfies Record<string, ReleaseFacts>;

export type Release = keyof typeof RELEASES;

/** The release whose conditions, reasons and labels the cases hold to the letter. Of the others they hold what users notice. */
export const LATEST: Release = "v0.5.6";
