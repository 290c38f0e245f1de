/** Gives Services of type LoadBalancer an address, as a cloud's controller would. kube-proxy does the rest. */
import { spawnSync } from "node:child_process";
import { createInformer, SERVICES, type KubeClient } from "@sandgate/kube";
import type { ClusterNamespace } from "./namespace.ts";

export interface LoadBalancers {
  close(): Promise<void>;
}

export async function startLoadBalancers(
  client: KubeClient,
  inside: ClusterNamespace,
): Promise<LoadBalancers> {
  const { network } = inside;
  const [range = ""] = network.balancerRange.split("/");
  const route = spawnSync("ip", ["route", "replace", network.balancerRange, "via", network.nodeAddress], {
    encoding: "utf8",
  });
  if (route.status !== 0) throw new Error(`ip route: ${route.stderr}`);
  // Until kube-proxy knows an address, whoever asks for it is told so: sent on by the node's default route it would come
  // back to the test, and connection tracking would remember that way.
  inside.run("ip", ["route", "replace", "unreachable", network.balancerRange]);
  const failures: unknown[] = [];
  const given = new Set<string>();
  let last = 0;
  const services = createInformer({
    client,
    resource: SERVICES,
    onChange({ type, object }) {
      const { namespace, name, uid } = object.metadata;
      if (type === "deleted" || object.spec?.type !== "LoadBalancer" || given.has(uid)) return;
      given.add(uid);
      last += 1;
      const ip = range.replace(/0$/, String(last));
      const body = { status: { loadBalancer: { ingress: [{ ip }] } } };
      client
        .patch(SERVICES, { namespace, name }, { type: "merge", body }, { subresource: "status" })
        .catch((error: unknown) => failures.push(error));
    },
  });
  await services.synced;
  return {
    async close() {
      await services.close();
      if (failures.length > 0) throw new AggregateError(failures, "Services got no address");
    },
  };
}
