import { expect, it } from "vitest";
import { parse } from "yaml";
import { helmTemplate, kustomize, podTemplate, type Manifest } from "./rendered.ts";

const CHART = ["auth.mode=none", "userNamespaces=*", "router.enabled=true"];

// Only the gateway's own listener has /readyz; the router's has what upstream's clients know.
it.each([
  ["base", () => kustomize("base")],
  ["router", () => kustomize("router")],
  ["the chart", () => helmTemplate(...CHART)],
])("%s: the kubelet asks the gateway's own listener", (_name, render) => {
  const manifests = render();
  const deployments = manifests.filter(({ kind }) => kind === "Deployment");
  expect(deployments.length).toBeGreaterThan(0);
  for (const deployment of deployments) {
    const { port } = configOf(manifests, deployment);
    const [container] = podTemplate(deployment).spec.containers;
    for (const probe of [container?.readinessProbe, container?.livenessProbe]) {
      const named = container?.ports?.find(({ name }) => name === probe?.httpGet?.port);
      expect(named?.containerPort).toBe(port);
    }
  }
});

function configOf(manifests: readonly Manifest[], deployment: Manifest): { port: number } {
  const volumes = podTemplate(deployment).spec.volumes ?? [];
  const name = volumes.find((volume) => volume.name === "config")?.configMap?.name;
  const map = manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name);
  return parse(map?.data?.["config.yaml"] ?? "") as { port: number };
}
