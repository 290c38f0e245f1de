import type { VolumeClaimTemplate } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleTemplate } from "../../../test/support/sample-objects.ts";
import { checkAdditionalMetadata, mergeMetadata, type KeyValues } from "./additional-metadata.ts";
import { withEnvironment } from "./claim-environment.ts";
import { mergeVolumeClaims } from "./claim-volumes.ts";

describe("a claim's pod metadata", () => {
  it.each<KeyValues>([
    { labels: { "sandbox.users.io/team": "a" } },
    { labels: { "deep.sandbox.users.io/team": "" } },
    { annotations: { note: "any text at all, even / and spaces", "example.com/x": "y" } },
    { annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" } },
  ])("may be %j", (metadata) => {
    expect(() => checkAdditionalMetadata(metadata)).not.toThrow();
  });

  it.each<[KeyValues, string]>([
    [{ labels: { team: "a" } }, "must have a domain prefix"],
    [{ labels: { "example.com/team": "a" } }, 'label domain "example.com" is not in the allowlist'],
    [{ labels: { "notsandbox.users.io/team": "a" } }, "not in the allowlist"],
    [{ labels: { app: "sandbox-router" } }, "restricted system label value"],
    [{ labels: { "sandbox.users.io/team": "not a value" } }, "invalid label value"],
    [{ labels: { "sandbox.users.io/": "a" } }, "name part must be non-empty"],
    [{ labels: { "Upper.case/x": "a" } }, "prefix part must be a lowercase"],
    [{ annotations: { "kubernetes.io/x": "a" } }, "restricted system domain"],
    [{ annotations: { "sub.agents.x-k8s.io/x": "a" } }, "restricted system domain"],
    [{ annotations: { "a b": "c" } }, "invalid annotation key"],
  ])("may not be %j", (metadata, why) => {
    expect(() => checkAdditionalMetadata(metadata)).toThrow(why);
  });

  it("may repeat the template's, and not change it", () => {
    const template = { labels: { "sandbox.users.io/a": "1" } };
    expect(
      mergeMetadata(template, { labels: { "sandbox.users.io/a": "1", "sandbox.users.io/b": "2" } }),
    ).toEqual({
      labels: { "sandbox.users.io/a": "1", "sandbox.users.io/b": "2" },
      annotations: {},
    });
    expect(() => mergeMetadata(template, { labels: { "sandbox.users.io/a": "2" } })).toThrow(
      'Error seen: metadata override conflict: label "sandbox.users.io/a" is defined in template with value "1", but claim requests "2"',
    );
  });
});

describe("a claim's variables", () => {
  const spec = {
    initContainers: [{ name: "init" }],
    containers: [{ name: "main", env: [{ name: "A", value: "template" }] }, { name: "side" }],
  };
  const allowing = (policy: "Allowed" | "Overrides") =>
    sampleTemplate("tpl", { spec: { envVarsInjectionPolicy: policy } });

  it("go to the container that they name, or else to the first", () => {
    const env = [
      { name: "B", value: "1" },
      { name: "C", value: "2", containerName: "side" },
      { name: "D", value: "3", containerName: "init" },
    ];
    expect(withEnvironment(spec, env, allowing("Allowed"))).toEqual({
      initContainers: [{ name: "init", env: [{ name: "D", value: "3" }] }],
      containers: [
        {
          name: "main",
          env: [
            { name: "A", value: "template" },
            { name: "B", value: "1" },
          ],
        },
        { name: "side", env: [{ name: "C", value: "2" }] },
      ],
    });
    expect(spec.containers[0]?.env).toEqual([{ name: "A", value: "template" }]);
  });

  it("replace the template's only where the policy is Overrides", () => {
    const env = [{ name: "A", value: "claim" }];
    expect(withEnvironment(spec, env, allowing("Overrides")).containers[0]?.env).toEqual(env);
    expect(() => withEnvironment(spec, env, allowing("Allowed"))).toThrow(
      'environment variable override is not allowed by the template policy for variable "A"',
    );
  });

  it("are refused by default, for unknown containers, and beside envFrom", () => {
    const env = [{ name: "B", value: "1" }];
    expect(() => withEnvironment(spec, env, sampleTemplate("tpl"))).toThrow(
      "not allowed by the template policy",
    );
    const nowhere = [{ name: "B", value: "1", containerName: "none" }];
    expect(() => withEnvironment(spec, nowhere, allowing("Allowed"))).toThrow(
      'target container "none" not found',
    );
    const mixed = { containers: [{ name: "main", envFrom: [{ secretRef: { name: "s" } }] }] };
    expect(() => withEnvironment(mixed, env, allowing("Allowed"))).toThrow("uses EnvFrom sources");
    expect(() => withEnvironment(mixed, env, allowing("Overrides"))).not.toThrow();
  });

  it("change nothing where there are none", () => {
    expect(withEnvironment(spec, [], sampleTemplate("tpl"))).toBe(spec);
  });
});

describe("a claim's volumes", () => {
  const volume = (name: string, size = "1Gi"): VolumeClaimTemplate => ({
    metadata: { name },
    spec: { size },
  });
  const template = (policy: "Allowed" | "Overrides" | "Disallowed", ...names: string[]) =>
    sampleTemplate("tpl", {
      spec: { volumeClaimTemplates: names.map((name) => volume(name)), volumeClaimTemplatesPolicy: policy },
    });

  it("are added where allowed, and replace the template's where that is allowed", () => {
    expect(mergeVolumeClaims(template("Allowed", "a"), [volume("b")])).toEqual([volume("a"), volume("b")]);
    expect(mergeVolumeClaims(template("Overrides", "a", "b"), [volume("c"), volume("a", "9Gi")])).toEqual([
      volume("a", "9Gi"),
      volume("b"),
      volume("c"),
    ]);
  });

  it("are refused otherwise", () => {
    expect(() => mergeVolumeClaims(template("Disallowed"), [volume("a")])).toThrow(
      "disallowed by the template",
    );
    expect(() => mergeVolumeClaims(template("Allowed", "a"), [volume("a")])).toThrow(
      'cannot override template volume "a"',
    );
    expect(() => mergeVolumeClaims(template("Allowed"), [volume("a"), volume("a")])).toThrow(
      'duplicate name "a"',
    );
    expect(() => mergeVolumeClaims(template("Allowed"), [volume("")])).toThrow("name at index 0 is empty");
    expect(() => mergeVolumeClaims(template("Allowed", "a", "a"), [])).toThrow('duplicate name "a"');
  });

  it("never have two of one name, and never lose one", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"));
    fc.assert(
      fc.property(names, names, (own, claimed) => {
        const merged = mergeVolumeClaims(
          template("Overrides", ...own),
          claimed.map((name) => volume(name, "2Gi")),
        );
        const merge = merged.map((one) => one.metadata.name);
        expect(merge.toSorted()).toEqual([...new Set([...own, ...claimed])].toSorted());
      }),
    );
  });
});
