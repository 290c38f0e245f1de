import type { Node, Stored } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { samplePod } from "../../../test/support/sample-objects.ts";
import { chooseNode } from "./scheduler.ts";

function node(
  name: string,
  options: { ready?: string; labels?: Record<string, string>; cordoned?: boolean } = {},
): Stored<Node> {
  return {
    metadata: { name, uid: name, resourceVersion: "1", labels: options.labels ?? {} },
    spec: options.cordoned === true ? { unschedulable: true } : {},
    status: { conditions: [{ type: "Ready", status: options.ready ?? "True" }] },
  };
}

const choose = (nodes: Stored<Node>[], nodeSelector: Record<string, string> = {}): string => {
  const { node: chosen, why } = chooseNode(
    samplePod("box", { spec: { containers: [], nodeSelector } }),
    nodes,
  );
  return chosen?.metadata.name ?? why;
};

describe("chooseNode", () => {
  it("takes a ready node that the pod's selector accepts", () => {
    expect(choose([node("a", { ready: "False" }), node("b"), node("c")])).toBe("b");
    expect(choose([node("a"), node("b", { labels: { disk: "ssd" } })], { disk: "ssd" })).toBe("b");
  });

  it("says why there is none", () => {
    expect(choose([])).toBe("no nodes available to schedule pods");
    expect(
      choose([node("a", { ready: "Unknown" }), node("b", { cordoned: true }), node("c")], { disk: "ssd" }),
    ).toBe(
      "0/3 nodes are available: 2 node(s) were not ready or unschedulable, 1 node(s) didn't match Pod's node affinity/selector.",
    );
  });
});
