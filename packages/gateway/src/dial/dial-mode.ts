/** How a sandbox's pod is reached. */
export type DialMode = "pod-ip" | "service" | "port-forward";

/** As it is said to an operator. */
export const DIAL_MODE_TEXT = {
  "pod-ip": "by their pods' IPs",
  service: "by their Services' names",
  "port-forward": "by port-forward through the API server",
} as const satisfies Record<DialMode, string>;
