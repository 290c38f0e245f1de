import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Container, Pod } from "@sandgate/contract";
import {
  containerEnvironment,
  expand,
  podField,
  resourceField,
  type EnvironmentSources,
} from "./environment.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const SOURCES: EnvironmentSources = {
  configMap: async (name) =>
    name === "settings"
      ? { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { COLOR: "blue", SIZE: "9" } }
      : undefined,
  secret: async (name) =>
    name === "keys"
      ? { apiVersion: "v1", kind: "Secret", metadata: { name }, data: { TOKEN: base64("s3cret") } }
      : undefined,
};

const POD: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "box", namespace: "team", uid: "u-1", labels: { b: "2", a: 'say "1"' } },
  spec: {
    containers: [{ name: "main", image: "i", resources: { limits: { cpu: "1500m", memory: "1Gi" } } }],
  },
  status: { podIP: "10.1.2.3", podIPs: [{ ip: "10.1.2.3" }] },
};

const read = (container: Partial<Container>): Promise<[string, string][]> =>
  containerEnvironment(POD, { name: "main", image: "i", ...container }, SOURCES);

describe("expand", () => {
  const values = new Map([
    ["A", "1"],
    ["B.c", "$(A)"],
    ["", "nothing"],
  ]);
  test.each([
    ["$(A)", "1"],
    ["-$(A)$(A)-", "-11-"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$$$$", "$$"],
    ["$", "$"],
    ["$A ${A}", "$A ${A}"],
    ["$(UNKNOWN)", "$(UNKNOWN)"],
    ["$(A", "$(A"],
    // What a value holds is not looked at again.
    ["$(B.c)", "$(A)"],
    ["$($(A))", "$($(A))"],
  ])("makes %j to %j", (text, expected) => {
    expect(expand(text, values)).toBe(expected);
  });

  test("leaves what holds no dollar as it is, and gives back what was escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "(", ")", "A", "é", " ") }), (text) => {
        expect(expand(text.replaceAll("$", "$$$$"), values)).toBe(text);
        if (!text.includes("$")) expect(expand(text, values)).toBe(text);
      }),
    );
  });

  test("puts each known name's value in its place, whatever stands around it", () => {
    const plain = fc.string().filter((text) => !text.includes("$"));
    const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, name, fc.string()), { maxLength: 6 }), plain, (parts, end) => {
        const known = new Map(parts.map(([, key, value]) => [key, value]));
        const text = parts.map(([before, key]) => `${before}$(${key})`).join("") + end;
        const expected = parts.map(([before, key]) => before + known.get(key)).join("") + end;
        expect(expand(text, known)).toBe(expected);
      }),
    );
  });
});

describe("the environment of a container", () => {
  test("is in order, the later of two of one name wins, and only what came before is filled in", async () => {
    const env = [
      { name: "LATE", value: "$(COLOR)-$(AFTER)" },
      { name: "COLOR", value: "red" },
      { name: "AFTER", value: "$(COLOR)" },
    ];
    expect(await read({ envFrom: [{ configMapRef: { name: "settings" } }], env })).toEqual([
      ["COLOR", "red"],
      ["SIZE", "9"],
      ["LATE", "blue-$(AFTER)"],
      ["AFTER", "red"],
    ]);
  });

  test("takes Secrets in plain and with a prefix, whole or by key", async () => {
    const env = [{ name: "T", valueFrom: { secretKeyRef: { name: "keys", key: "TOKEN" } } }];
    expect(await read({ envFrom: [{ prefix: "X_", secretRef: { name: "keys" } }], env })).toEqual([
      ["X_TOKEN", "s3cret"],
      ["T", "s3cret"],
    ]);
  });

  test("waits for what is missing by its name, and leaves out what may be", async () => {
    await expect(read({ envFrom: [{ configMapRef: { name: "no" } }] })).rejects.toThrow(
      'configmap "no" not found',
    );
    const key = { name: "K", valueFrom: { configMapKeyRef: { name: "settings", key: "no" } } };
    await expect(read({ env: [key] })).rejects.toThrow("couldn't find key no in configmap settings");
    const optional = [
      { name: "K", valueFrom: { configMapKeyRef: { name: "settings", key: "no", optional: true } } },
      { name: "S", valueFrom: { secretKeyRef: { name: "no", key: "k", optional: true } } },
    ];
    expect(await read({ envFrom: [{ secretRef: { name: "no", optional: true } }], env: optional })).toEqual(
      [],
    );
  });
});

describe("the downward API", () => {
  test.each([
    ["metadata.name", "box"],
    ["metadata.labels['b']", "2"],
    ["metadata.labels['none']", ""],
    ["metadata.labels", 'a="say \\"1\\""\nb="2"'],
    ["spec.serviceAccountName", "default"],
    ["status.podIPs", "10.1.2.3"],
  ])("knows %s", (path, value) => {
    expect(podField(POD, path)).toBe(value);
  });

  test("refuses a field that it has not", () => {
    expect(() => podField(POD, "spec.containers")).toThrow("the downward API has no field spec.containers");
  });

  test.each([
    ["limits.cpu", undefined, "2"],
    ["limits.cpu", "1m", "1500"],
    ["limits.memory", "1Mi", "1024"],
    ["limits.memory", "0", "1073741824"],
    ["requests.memory", undefined, "0"],
  ])("gives %s in units of %s, rounded up", (resource, divisor, value) => {
    const [main] = POD.spec.containers;
    if (main === undefined) throw new Error("the pod has a container");
    expect(resourceField(POD, main, { resource, ...(divisor === undefined ? {} : { divisor }) })).toBe(value);
  });
});
