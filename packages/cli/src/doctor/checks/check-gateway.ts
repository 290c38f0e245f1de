import type { Check } from "../facts.ts";
import { finding } from "../finding.ts";

/** The gateway itself, where it runs in the cluster: its pods, and the balancer in front. */
export const checkGateway: Check = ({ gatewayPods, gatewayServices }) => [
  ...(gatewayPods ?? [])
    .filter(({ ready }) => !ready)
    .map(({ namespace, name, why }) =>
      finding("GATEWAY_NOT_READY", `${namespace}/${name}`, why, { namespace, pod: name }),
    ),
  ...(gatewayServices ?? [])
    .filter(({ pending }) => pending)
    .map(({ namespace, name }) =>
      finding("LOAD_BALANCER_PENDING", `${namespace}/${name}`, "its status has no address", {
        namespace,
        name,
      }),
    ),
];
