/** Label that tells the gateway's pods, and its Services' selectors, in Sandgate's manifests. */
export const LABEL_APP = "app.kubernetes.io/name";

/** Its values: the gateway, and the gateway in the place of agent-sandbox's router. */
export const GATEWAY_APPS: ReadonlySet<string> = new Set(["sandgate-gateway", "sandgate-router"]);
