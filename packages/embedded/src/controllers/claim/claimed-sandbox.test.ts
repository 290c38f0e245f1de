import { LABEL_TEMPLATE_REF_HASH, LABEL_WARM_POOL_SANDBOX } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import {
  controlledBy,
  sampleClaim,
  samplePool,
  sampleSandbox,
  sampleTemplate,
} from "../../../test/support/sample-objects.ts";
import { poolMember } from "../warm-pool/pool-member.ts";
import { adoptionPatch } from "./claimed-sandbox.ts";

const template = sampleTemplate("tpl", {
  spec: { podTemplate: { metadata: { labels: { team: "a" } }, spec: { containers: [{ name: "main" }] } } },
});
const made = poolMember(samplePool("pool", "tpl"), template);
const member = sampleSandbox("pool-a", {
  metadata: { ...made.metadata, resourceVersion: "7" },
  spec: made.spec,
});

describe("adoptionPatch", () => {
  it("makes a pool's sandbox the claim's, at the version that was read, and takes the pool's marks off", () => {
    const claim = sampleClaim("mine", "pool", {
      metadata: {
        labels: { "agents.x-k8s.io/created-by": "python-client" },
        annotations: { "opentelemetry.io/trace-context": "t" },
      },
    });
    expect(adoptionPatch(member, claim, template)).toEqual({
      metadata: {
        uid: "uid-pool-a",
        resourceVersion: "7",
        ownerReferences: controlledBy("SandboxClaim", claim),
        labels: {
          [LABEL_WARM_POOL_SANDBOX]: null,
          "agents.x-k8s.io/sandbox-pod-template-hash": null,
          "agents.x-k8s.io/sandbox-template-hash": null,
          "agents.x-k8s.io/created-by": "python-client",
          "agents.x-k8s.io/launch-type": "warm",
          "agents.x-k8s.io/claim-uid": "uid-mine",
          [LABEL_TEMPLATE_REF_HASH]: "9d22159f",
        },
        annotations: { "agents.x-k8s.io/pod-name": "pool-a", "opentelemetry.io/trace-context": "t" },
      },
      spec: {
        podTemplate: {
          metadata: {
            labels: {
              [LABEL_WARM_POOL_SANDBOX]: null,
              "agents.x-k8s.io/sandbox-pod-template-hash": null,
              "agents.x-k8s.io/sandbox-template-hash": null,
              "agents.x-k8s.io/created-by": "python-client",
              "agents.x-k8s.io/claim-uid": "uid-mine",
            },
            annotations: null,
          },
        },
      },
    });
  });

  it("adds the claim's metadata to the template's", () => {
    const additionalPodMetadata = { labels: { "sandbox.users.io/job": "7" } };
    const claim = sampleClaim("mine", "pool", { spec: { additionalPodMetadata } });
    expect(adoptionPatch(member, claim, template)).toMatchObject({
      spec: { podTemplate: { metadata: { labels: { "sandbox.users.io/job": "7" } } } },
    });
  });

  it("keeps an eviction mark that the template itself has set otherwise", () => {
    const key = "cluster-autoscaler.kubernetes.io/safe-to-evict";
    const pinned = sampleTemplate("tpl", {
      spec: {
        podTemplate: {
          metadata: { annotations: { [key]: "false" } },
          spec: { containers: [{ name: "main" }] },
        },
      },
    });
    const { metadata, spec } = poolMember(samplePool("pool", "tpl"), pinned);
    expect(spec.podTemplate.metadata?.annotations).toEqual({ [key]: "false" });
    const patch = adoptionPatch(
      sampleSandbox("pool-a", { metadata, spec }),
      sampleClaim("mine", "pool"),
      pinned,
    );
    expect(patch).toMatchObject({ spec: { podTemplate: { metadata: { annotations: {} } } } });
  });
});
