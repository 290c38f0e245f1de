/** What the clusters of the tests are made of. A version changes here and in the `go.mod` of its module, nowhere else. */
export const KUBERNETES = "1.36.3";
export const ETCD = "3.6";
export const COREDNS = "1.14.6";
/** An Ingress controller that is a Gateway too. A newer one needs a module that is not to be had from the module proxy. */
export const TRAEFIK = "3.3.4";

/**
 * Releases of agent-sandbox whose Go module can be built. v0.3.10 and v0.5.0 are not to be had from the module proxy
 * (their checksums differ from the recorded ones), v1.0.x is not published as a Go module.
 */
export const AGENT_SANDBOX_RELEASES = ["v0.1.0", "v0.2.1", "v0.4.6", "v0.5.6"] as const;

export type AgentSandboxRelease = (typeof AGENT_SANDBOX_RELEASES)[number];
