import type { KubeObject } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convertAgentSandbox } from "./agent-sandbox-conversion.ts";

type Fields = Record<string, unknown>;

const CORE = "agents.x-k8s.io";
const EXTENSIONS = "extensions.agents.x-k8s.io";

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,5}){0,2}$/);
const texts = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.string({ maxLength: 8 }), { maxKeys: 3 });
const metadata = fc.record(
  { name, namespace: name, uid: fc.uuid(), labels: texts, annotations: texts },
  { requiredKeys: ["name"] },
);
const podTemplate = fc.record({
  metadata: fc.record({ labels: texts }, { requiredKeys: [] }),
  spec: fc.record({ containers: fc.array(fc.record({ name, image: fc.string() }), { maxLength: 2 }) }),
});
const conditions = fc.array(fc.record({ type: name, status: fc.constantFrom("True", "False") }), {
  maxLength: 2,
});
const lifecycle = { shutdownPolicy: fc.constantFrom("Delete", "Retain") };

function objects(
  group: string,
  kind: string,
  version: string,
  spec: fc.Arbitrary<unknown>,
  status: fc.Arbitrary<unknown>,
): fc.Arbitrary<KubeObject> {
  return fc
    .record({ metadata, spec, status }, { requiredKeys: ["metadata", "spec"] })
    .map((fields) => ({ apiVersion: `${group}/${version}`, kind, ...fields }));
}

function some(fields: Record<string, fc.Arbitrary<unknown>>, required: string[]): fc.Arbitrary<unknown> {
  return fc.record(fields, { requiredKeys: required });
}

const sandboxSpec = { podTemplate, service: fc.boolean(), ...lifecycle };
const env = fc.array(fc.record({ name, value: fc.string() }), { maxLength: 2 });
const bound = fc.record({ name, podIPs: fc.array(fc.ipV4(), { maxLength: 1 }) }, { requiredKeys: ["name"] });
const ref = fc.record({ name });
const sizes = { replicas: fc.nat(5), readyReplicas: fc.nat(5), selector: fc.string() };

const V1ALPHA1: Record<string, fc.Arbitrary<KubeObject>> = {
  Sandbox: objects(
    CORE,
    "Sandbox",
    "v1alpha1",
    some({ ...sandboxSpec, replicas: fc.constantFrom(0, 1) }, ["podTemplate"]),
    some({ conditions, replicas: fc.constantFrom(0, 1), selector: fc.string() }, []),
  ),
  SandboxClaim: objects(
    EXTENSIONS,
    "SandboxClaim",
    "v1alpha1",
    some({ sandboxTemplateRef: ref, warmpool: fc.oneof(name, fc.constantFrom("none", "default")), env }, [
      "sandboxTemplateRef",
    ]),
    some({ conditions, sandbox: bound }, []),
  ),
  SandboxTemplate: objects(
    EXTENSIONS,
    "SandboxTemplate",
    "v1alpha1",
    some({ podTemplate, networkPolicyManagement: fc.constantFrom("Managed", "Unmanaged") }, ["podTemplate"]),
    fc.constant({}),
  ),
  SandboxWarmPool: objects(
    EXTENSIONS,
    "SandboxWarmPool",
    "v1alpha1",
    some({ replicas: fc.nat(5), sandboxTemplateRef: ref }, ["replicas", "sandboxTemplateRef"]),
    some(sizes, []),
  ),
};

/** Two names are policies in the older version and can't be told from pools. */
const poolName = fc
  .oneof(
    name,
    name.map((each) => `shadow-pool-${each}`),
  )
  .filter((each) => each !== "none" && each !== "default");

/** Without what the older version has no place for. */
const V1BETA1: Record<string, fc.Arbitrary<KubeObject>> = {
  Sandbox: objects(
    CORE,
    "Sandbox",
    "v1beta1",
    some({ ...sandboxSpec, operatingMode: fc.constantFrom("Running", "Suspended") }, [
      "podTemplate",
      "operatingMode",
    ]),
    some({ conditions, selector: fc.string() }, ["conditions"]),
  ),
  SandboxClaim: objects(
    EXTENSIONS,
    "SandboxClaim",
    "v1beta1",
    some({ warmPoolRef: fc.record({ name: poolName }), env }, ["warmPoolRef"]),
    some({ conditions }, []),
  ),
  SandboxTemplate: objects(
    EXTENSIONS,
    "SandboxTemplate",
    "v1beta1",
    some({ podTemplate, volumeClaimTemplatesPolicy: fc.constantFrom("Disallowed", "Allowed", "Overrides") }, [
      "podTemplate",
    ]),
    fc.constant({}),
  ),
  SandboxWarmPool: objects(
    EXTENSIONS,
    "SandboxWarmPool",
    "v1beta1",
    some({ replicas: fc.nat(5), sandboxTemplateRef: ref }, ["replicas", "sandboxTemplateRef"]),
    some(sizes, []),
  ),
};

function up(object: KubeObject): KubeObject {
  return convertAgentSandbox(object, "v1beta1");
}

function down(object: KubeObject): KubeObject {
  return convertAgentSandbox(object, "v1alpha1");
}

/** Without annotations that only say how the object was written, and without an empty rest. */
function withoutState(object: KubeObject): KubeObject {
  const { annotations, ...rest } = object.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.endsWith("-state"));
  return {
    ...object,
    metadata: kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) },
  };
}

function specOf(object: KubeObject): Fields {
  return (object as unknown as { spec: Fields }).spec;
}

function claim(spec: Fields, status: Fields = {}): KubeObject {
  return {
    apiVersion: `${EXTENSIONS}/v1alpha1`,
    kind: "SandboxClaim",
    metadata: { name: "c" },
    spec,
    status,
  } as KubeObject;
}

describe("the versions of agent-sandbox", () => {
  it.each(Object.entries(V1ALPHA1))(
    "lose nothing of a v1alpha1 %s on the way to v1beta1 and back",
    (_kind, objects) => {
      fc.assert(
        fc.property(objects, (object) => {
          const before = structuredClone(object);
          expect(down(up(object))).toEqual(withoutState(before));
          expect(object).toEqual(before);
        }),
      );
    },
  );

  it.each(Object.entries(V1BETA1))(
    "lose nothing of a v1beta1 %s that v1alpha1 has a place for",
    (_kind, objects) => {
      fc.assert(
        fc.property(objects, (object) => {
          const before = structuredClone(object);
          expect(withoutState(up(down(object)))).toEqual(withoutState(before));
          expect(object).toEqual(before);
        }),
      );
    },
  );

  it.each(Object.entries(V1ALPHA1))(
    "keep the %s as it was written in an annotation, without who wrote it",
    (kind, objects) => {
      fc.assert(
        fc.property(objects, (object) => {
          object.metadata.managedFields = [{ manager: "kubectl" }];
          const text =
            up(object).metadata.annotations?.[`api.agents.x-k8s.io/v1alpha1-${kind.toLowerCase()}-state`];
          const { managedFields: _, ...metadata } = object.metadata;
          expect(JSON.parse(text ?? "")).toEqual({ ...object, metadata });
        }),
      );
    },
  );

  it("turn replicas into an operating mode", () => {
    const sandbox = (replicas?: number): KubeObject =>
      ({
        apiVersion: `${CORE}/v1alpha1`,
        kind: "Sandbox",
        metadata: { name: "s" },
        spec: replicas === undefined ? {} : { replicas },
      }) as KubeObject;
    expect(specOf(up(sandbox(0)))).toEqual({ operatingMode: "Suspended" });
    expect(specOf(up(sandbox(1)))).toEqual({ operatingMode: "Running" });
    expect(specOf(up(sandbox()))).toEqual({ operatingMode: "Running" });
  });

  it("follow a sandbox that was suspended or resumed since it was written", () => {
    const written = up({
      apiVersion: `${CORE}/v1alpha1`,
      kind: "Sandbox",
      metadata: { name: "s" },
      spec: { replicas: 1 },
    } as KubeObject);
    const suspended = { ...written, spec: { operatingMode: "Suspended" } };
    expect(specOf(down(suspended))).toEqual({ replicas: 0 });
    const resumed = { ...up(down(suspended)), spec: { operatingMode: "Running" } };
    expect(specOf(down(resumed))).toEqual({ replicas: 1 });
  });

  it("find the pool that a claim means", () => {
    const pool = (spec: Fields, status?: Fields): unknown => specOf(up(claim(spec, status)))["warmPoolRef"];
    const template = { sandboxTemplateRef: { name: "t" } };
    expect(pool({ ...template, warmpool: "p" })).toEqual({ name: "p" });
    expect(pool({ ...template, warmpool: "none" })).toEqual({ name: "shadow-pool-t" });
    expect(pool({ ...template, warmpool: "default" })).toEqual({ name: "shadow-pool-t" });
    expect(pool(template)).toEqual({ name: "shadow-pool-t" });
    expect(pool(template, { sandbox: { name: "p-x1y2z" } })).toEqual({ name: "p" });
    expect(pool(template, { sandbox: { name: "c" } })).toEqual({ name: "shadow-pool-t" });
  });

  it("show a claim of another pool with the pool's name for the template that is not known", () => {
    const other = (pool: string): KubeObject =>
      ({
        apiVersion: `${EXTENSIONS}/v1beta1`,
        kind: "SandboxClaim",
        metadata: { name: "c" },
        spec: { warmPoolRef: { name: pool }, volumeClaimTemplates: [] },
      }) as unknown as KubeObject;
    expect(specOf(down(other("p")))).toEqual({ sandboxTemplateRef: { name: "p" }, warmpool: "p" });
    expect(specOf(down(other("shadow-pool-t")))).toEqual({
      sandboxTemplateRef: { name: "t" },
      warmpool: "default",
    });
    const moved = {
      ...up(claim({ sandboxTemplateRef: { name: "t" } })),
      spec: { warmPoolRef: { name: "q" } },
    };
    expect(specOf(down(moved))).toEqual({ sandboxTemplateRef: { name: "t" }, warmpool: "q" });
  });

  it("read an object whose annotation is no object as one that was never written in v1alpha1", () => {
    const annotations = { "api.agents.x-k8s.io/v1alpha1-sandbox-state": "{" };
    const object = {
      apiVersion: `${CORE}/v1beta1`,
      kind: "Sandbox",
      metadata: { name: "s", annotations },
      spec: { operatingMode: "Running" },
    } as KubeObject;
    expect(down(object)).toEqual({
      apiVersion: `${CORE}/v1alpha1`,
      kind: "Sandbox",
      metadata: { name: "s" },
      spec: { replicas: 1 },
      status: { replicas: 1 },
    });
  });

  it("refuse a policy in an annotation that is none", () => {
    const annotations = { "api.agents.x-k8s.io/v1beta1-volume-claim-templates-policy": "Maybe" };
    const object = {
      apiVersion: `${EXTENSIONS}/v1alpha1`,
      kind: "SandboxTemplate",
      metadata: { name: "t", annotations },
      spec: {},
    } as KubeObject;
    expect(() => up(object)).toThrow('Unsupported value: "Maybe"');
  });
});
