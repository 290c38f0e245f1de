import { SANDBOX_KIND } from "../about-sandbox.ts";
import type { Check } from "../facts.ts";
import { finding } from "../finding.ts";

/** Services of sandboxes that declare no ports: because their containers do not, or because the release is older. */
export const checkServices: Check = ({ services, sandboxes, settings }) => {
  const routes = new Map((sandboxes ?? []).map(({ route }) => [route.sandboxUid, route]));
  return (services ?? []).flatMap(({ namespace, name, sandboxUid, ports }) => {
    const route = routes.get(sandboxUid);
    if (route === undefined || ports > 0) return [];
    const subject = `${namespace}/${name}`;
    if (route.declaredPorts.length > 0)
      return [finding("SERVICE_WITHOUT_PORTS", subject, "the Service declares no port", {})];
    return [
      finding("SERVICE_PORTS_UNDECLARED", subject, "neither the Service nor a container declares a port", {
        namespace,
        name: route.name,
        resource: SANDBOX_KIND,
        port: String(route.annotatedPort ?? settings.sandboxPort),
      }),
    ];
  });
};
