import {
  LABEL_SANDBOX_NAME_HASH,
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
} from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import {
  controlledBy,
  sampleClaim,
  samplePod,
  samplePool,
  sampleSandbox,
} from "../../../test/support/sample-objects.ts";
import { metadataPatch, newPod } from "./sandbox-pod.ts";

const SPEC = { containers: [{ name: "main" }] };

describe("a sandbox's pod", () => {
  it("carries the labels of a pool's member, and fewer once it is claimed", () => {
    const labels = {
      [LABEL_WARM_POOL_SANDBOX]: "1",
      [LABEL_TEMPLATE_REF_HASH]: "2",
      "agents.x-k8s.io/created-by": "controller",
    };
    const member = sampleSandbox("box", {
      metadata: { labels, ownerReferences: controlledBy("SandboxWarmPool", samplePool("pool", "tpl")) },
    });
    const pod = newPod(member);
    expect(pod.metadata.labels).toEqual({ [LABEL_SANDBOX_NAME_HASH]: "70c67e32", ...labels });

    const claimed = sampleSandbox("box", {
      metadata: {
        labels: { [LABEL_TEMPLATE_REF_HASH]: "2" },
        ownerReferences: controlledBy("SandboxClaim", sampleClaim("mine", "pool")),
      },
    });
    const patch = metadataPatch(samplePod("box", { metadata: pod.metadata }), claimed);
    expect(patch).toEqual({
      metadata: { labels: { [LABEL_WARM_POOL_SANDBOX]: null, "agents.x-k8s.io/created-by": null } },
    });
  });

  it("says `unknown` of a maker that nobody knows", () => {
    const sandbox = sampleSandbox("box", { metadata: { labels: { "agents.x-k8s.io/created-by": "me" } } });
    expect(newPod(sandbox).metadata.labels).toMatchObject({ "agents.x-k8s.io/created-by": "unknown" });
  });

  it("loses the keys that its template had and has no more, and keeps those of others", () => {
    const before = sampleSandbox("box", {
      spec: { podTemplate: { metadata: { labels: { a: "1", b: "2" } }, spec: SPEC } },
    });
    const { metadata } = newPod(before);
    const pod = samplePod("box", {
      metadata: { ...metadata, labels: { ...metadata.labels, foreign: "kept" } },
    });
    const after = sampleSandbox("box", {
      spec: { podTemplate: { metadata: { labels: { b: "3" } }, spec: SPEC } },
    });
    expect(metadataPatch(pod, after)).toEqual({
      metadata: {
        labels: { a: null, b: "3" },
        annotations: { "agents.x-k8s.io/propagated-labels": "b" },
      },
    });
    expect(metadataPatch(samplePod("box", { metadata }), before)).toBeNull();
  });

  it("has a claim's volume in place of the template's of the same name", () => {
    const volumes = [
      { name: "data", emptyDir: {} },
      { name: "other", emptyDir: {} },
    ];
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: {} }];
    const sandbox = sampleSandbox("box", {
      spec: { podTemplate: { spec: { ...SPEC, volumes } }, volumeClaimTemplates },
    });
    expect(newPod(sandbox).spec.volumes).toEqual([
      { name: "other", emptyDir: {} },
      { name: "data", persistentVolumeClaim: { claimName: "data-box" } },
    ]);
  });
});
