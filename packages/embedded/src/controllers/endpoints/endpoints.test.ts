import type { Pod, Service, Stored } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { readyPodStatus, samplePod } from "../../../test/support/sample-objects.ts";
import { sliceOf } from "./endpoints.ts";

const labels = { app: "box" };

function service(spec: NonNullable<Service["spec"]>): Stored<Service> {
  return { metadata: { name: "box", namespace: "default", uid: "s", resourceVersion: "1" }, spec };
}

function pod(
  name: string,
  ip: string,
  metadata: object = {},
  status: Partial<Pod["status"]> = {},
): Stored<Pod> {
  return samplePod(name, { metadata: { labels, ...metadata }, status: { ...readyPodStatus(ip), ...status } });
}

describe("the EndpointSlice of a Service", () => {
  it("has the addresses of the pods that it selects, and says which are ready", () => {
    const pods = [
      pod("b", "10.0.0.2", {}, { conditions: [] }),
      pod("a", "10.0.0.1"),
      pod("ended", "10.0.0.3", {}, { phase: "Failed" }),
      pod("other", "10.0.0.4", { labels: { app: "other" } }),
      pod("elsewhere", "10.0.0.5", { namespace: "elsewhere" }),
    ];
    const slice = sliceOf(service({ selector: labels }), pods);
    expect(slice?.endpoints.map((one) => [one.addresses[0], one.conditions?.ready])).toEqual([
      ["10.0.0.1", true],
      ["10.0.0.2", false],
    ]);
    expect(slice?.metadata.labels).toMatchObject({ "kubernetes.io/service-name": "box" });
    expect(slice?.metadata.ownerReferences?.[0]).toMatchObject({ kind: "Service", uid: "s" });
  });

  it("counts a pod that is ending as serving, and not as ready", () => {
    const slice = sliceOf(service({ selector: labels }), [
      pod("a", "10.0.0.1", { deletionTimestamp: "now" }),
    ]);
    expect(slice?.endpoints[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
  });

  it("resolves named target ports", () => {
    const spec = { containers: [{ name: "c", ports: [{ containerPort: 8888, name: "api" }] }] };
    const named = { ...pod("a", "10.0.0.1"), spec };
    const slice = sliceOf(
      service({ selector: labels, ports: [{ name: "http", port: 80, targetPort: "api" }] }),
      [named],
    );
    expect(slice?.ports).toEqual([{ name: "http", port: 8888, protocol: "TCP" }]);
  });

  it("is not made for a Service without a selector", () => {
    expect(sliceOf(service({}), [])).toBeNull();
  });
});
