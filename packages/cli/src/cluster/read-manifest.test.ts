import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { CliError } from "../cli-error.ts";
import { readManifest } from "./read-manifest.ts";

const manifest = (version: string, spec: object = {}): string =>
  stringify({ apiVersion: `agents.x-k8s.io/${version}`, kind: "Sandbox", metadata: { name: "box" }, spec });

describe("readManifest", () => {
  it.each([
    ["v1alpha1", ["v1alpha1"]],
    ["v1alpha1", ["v1beta1", "v1alpha1"]],
    ["v1beta1", ["v1beta1", "v1alpha1"]],
    ["v1", ["v1", "v1beta1"]],
  ])("takes %s where the cluster serves %j", (version, served) => {
    const { resource, object } = readManifest(manifest(version), "box.yaml", served);
    expect(resource).toMatchObject({ group: "agents.x-k8s.io", version, plural: "sandboxes" });
    expect(object.metadata.name).toBe("box");
  });

  it.each<[string, object, string[], string]>([
    ["v1beta1", {}, ["v1alpha1"], "Write apiVersion: agents.x-k8s.io/v1alpha1."],
    [
      "v1beta1",
      { operatingMode: "Suspended" },
      ["v1alpha1"],
      "Write apiVersion: agents.x-k8s.io/v1alpha1, and spec.replicas: 0 in the place of spec.operatingMode.",
    ],
    [
      "v1alpha1",
      { replicas: 0 },
      ["v1beta1"],
      "Write apiVersion: agents.x-k8s.io/v1beta1, and spec.operatingMode: Suspended in the place of spec.replicas.",
    ],
    ["v1alpha1", {}, ["v2"], "Write it in v2."],
  ])("says how %s with %j is written where the cluster serves %j only", (version, spec, served, advice) => {
    expect(() => readManifest(manifest(version, spec), "box.yaml", served)).toThrow(
      `box.yaml is written in ${version}, and this cluster serves Sandboxes as ${served.join(" and ")} only. ${advice}`,
    );
  });

  it.each([
    ["several objects", `${manifest("v1beta1")}---\n${manifest("v1beta1")}`, "holds several objects"],
    ["another kind", "apiVersion: v1\nkind: Pod\nmetadata: {}\n", "kind Sandbox and metadata"],
    ["no metadata", "apiVersion: agents.x-k8s.io/v1beta1\nkind: Sandbox\n", "kind Sandbox and metadata"],
    ["nothing", "", "kind Sandbox and metadata"],
    ["no YAML", "{", "box.yaml is not YAML"],
    ["an alias of nothing", "*none", "box.yaml is not YAML"],
  ])("refuses %s", (_title, content, message) => {
    expect(() => readManifest(content, "box.yaml", ["v1beta1"])).toThrow(message);
  });

  const text = fc.constantFrom("agents.x-k8s.io/v1beta1", "agents.x-k8s.io/v2", "Sandbox", "");
  const nearly = fc
    .record({ apiVersion: text, kind: text, metadata: fc.jsonValue(), spec: fc.jsonValue() })
    .map((object) => stringify(object));
  it("never throws anything but its own error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nearly), (content) => {
        try {
          readManifest(content, "box.yaml", ["v1beta1"]);
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
    );
  });
});
