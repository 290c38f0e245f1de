import { describe, expect, it } from "vitest";
import { choosePod } from "./choose-pod.ts";
import type { PodView } from "./pod-view.ts";

const pod = (name: string, deleting: boolean = false): PodView => ({
  uid: name,
  resourceVersion: "1",
  name,
  namespace: "default",
  sandboxUid: "s1",
  podIps: [],
  hostIps: [],
  hostNetwork: false,
  ready: true,
  deleting,
  phase: "Running",
  reason: "",
  message: "",
});

describe("choosePod", () => {
  it.each<[string, PodView[], string | undefined]>([
    ["none of none", [], undefined],
    ["the only one, also where it has another name", [pod("adopted")], "adopted"],
    ["the one that the Sandbox names", [pod("other"), pod("box")], "box"],
    ["one that stays before the named one that goes", [pod("box", true), pod("other")], "other"],
    ["one that goes where there is no other", [pod("box", true)], "box"],
  ])("takes %s", (_title, pods, name) => {
    expect(choosePod(pods, { podName: "box" })?.name).toBe(name);
  });
});
