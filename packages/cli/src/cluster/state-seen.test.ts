import type { KubeObject, Stored } from "@sandgate/contract";
import { normalizeSandbox } from "@sandgate/kube";
import { describe, expect, it } from "vitest";
import { stateSeen } from "./state-seen.ts";

const sandbox = (status: "True" | "False", spec: object = {}): ReturnType<typeof normalizeSandbox> =>
  normalizeSandbox({
    metadata: { name: "box", uid: "s1", resourceVersion: "1" },
    spec,
    status: { conditions: [{ type: "Ready", status, reason: "Told", message: "so" }] },
  } as unknown as Stored<KubeObject>);

describe("stateSeen", () => {
  it("believes a Ready condition only where pods are not known", () => {
    expect(stateSeen(sandbox("True"), null)).toEqual({ state: "Ready", reason: "Told", message: "so" });
    expect(stateSeen(sandbox("True"), undefined)).toMatchObject({ state: "Starting", reason: "PodMissing" });
    expect(stateSeen(sandbox("False"), null)).toEqual({ state: "Starting", reason: "Told", message: "so" });
  });

  it("does not take a suspended sandbox of v0.4.6 for ready, which its condition says", () => {
    expect(stateSeen(sandbox("True", { replicas: 0 }), null).state).toBe("Suspended");
  });
});
