import type { Condition, KubeObject, Logger } from "@sandgate/contract";
import { beforeEach, describe, expect, it } from "vitest";
import type { Api } from "../handlers/api.ts";
import { deleteObject } from "../handlers/delete-object.ts";
import { createBuiltInDefinitions } from "../registry/built-in.ts";
import { type Registry, createRegistry } from "../registry/registry.ts";
import { createSchemaTable } from "../registry/schema-table.ts";
import { openDatabase } from "../storage/database.ts";
import { parseEntry } from "../storage/entry.ts";
import { type Store, createStore } from "../storage/store.ts";
import { openServiceAccountTokens } from "../tls/service-account-tokens.ts";
import { agentSandboxCrds } from "./agent-sandbox-crds.ts";
import { createConverter } from "./conversion.ts";
import { createCrdStrategy } from "./crd-strategy.ts";
import { CRD_BUCKET, type CustomResourceDefinition } from "./custom-resource-definition.ts";
import { ensureAgentSandboxCrds, startCustomResources } from "./custom-resources.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

let store: Store;
let registry: Registry;
let api: Api;

beforeEach(() => {
  store = createStore(openDatabase(":memory:"));
  registry = createRegistry(createSchemaTable());
  const now = (): number => NOW;
  const strategy = createCrdStrategy(registry, now);
  registry.set("built-in", createBuiltInDefinitions({ customResourceDefinitions: strategy }));
  api = {
    store,
    registry,
    ...createConverter(registry),
    now,
    logger: silent,
    tokens: undefined as unknown as ReturnType<typeof openServiceAccountTokens>,
  };
});

function widgets(over: Partial<CustomResourceDefinition["spec"]> = {}): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com", uid: "crd" },
    spec: {
      group: "example.com",
      names: { plural: "widgets", kind: "Widget" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object" } } } },
        },
      ],
      ...over,
    },
  };
}

function declare(crd: CustomResourceDefinition): CustomResourceDefinition {
  const strategy = createCrdStrategy(registry, () => NOW);
  strategy.defaults?.(crd);
  strategy.prepareCreate?.(crd);
  expect(strategy.validate?.(crd, undefined)).toEqual([]);
  store.create(CRD_BUCKET, crd);
  return crd;
}

function conditionsOf({ status }: CustomResourceDefinition): Record<string, string> {
  return Object.fromEntries(
    (status?.conditions ?? []).map((each: Condition) => [each.type, `${each.status} ${each.reason}`]),
  );
}

function deleteCrd(name: string): void {
  const entry = store.get(CRD_BUCKET, name);
  const definition = registry.findKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
  if (entry === undefined || definition === undefined) throw new Error(`no ${name}`);
  deleteObject(api, definition, entry, {});
}

async function gone(bucket: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = store.subscribe(({ type, entry }) => {
    if (type === "DELETED" && entry.bucket === bucket) resolve();
  });
  await promise;
  unsubscribe();
}

describe("custom resources", () => {
  it("are served as soon as they are declared", () => {
    const stop = startCustomResources(api);
    const crd = declare(widgets());
    expect(conditionsOf(crd)).toEqual({
      NamesAccepted: "True NoConflicts",
      Established: "True InitialNamesAccepted",
    });
    expect(crd.status?.acceptedNames).toEqual({
      plural: "widgets",
      singular: "widget",
      kind: "Widget",
      listKind: "WidgetList",
    });
    expect(crd.status?.storedVersions).toEqual(["v1"]);
    expect(registry.find("example.com", "v1", "widgets")).toMatchObject({ kind: "Widget", custom: true });
    stop();
  });

  it("of a stored definition are served from the start", () => {
    declare(widgets());
    expect(registry.find("example.com", "v1", "widgets")).toBeUndefined();
    startCustomResources(api)();
    expect(registry.find("example.com", "v1", "widgets")).toBeDefined();
  });

  it("are not served under a name that is taken", () => {
    const stop = startCustomResources(api);
    declare(widgets());
    const other = widgets({ names: { plural: "gadgets", kind: "Widget" } });
    other.metadata.name = "gadgets.example.com";
    other.metadata.uid = "other";
    expect(conditionsOf(declare(other))).toEqual({
      NamesAccepted: "False SingularConflict",
      Established: "False NotAccepted",
    });
    expect(registry.find("example.com", "v1", "gadgets")).toBeUndefined();
    stop();
  });

  it("are served once the name that they wait for is free", async () => {
    const stop = startCustomResources(api);
    declare(widgets());
    const other = widgets({ names: { plural: "gadgets", kind: "Widget" } });
    other.metadata.name = "gadgets.example.com";
    other.metadata.uid = "other";
    declare(other);
    const served = new Promise<void>((resolve) => {
      registry.onChange(() => {
        if (registry.find("example.com", "v1", "gadgets") !== undefined) resolve();
      });
    });
    deleteCrd("widgets.example.com");
    await served;
    expect(registry.find("example.com", "v1", "widgets")).toBeUndefined();
    stop();
  });

  it("keep what is compiled for them when only the status of their definition changes", () => {
    const stop = startCustomResources(api);
    declare(widgets());
    const before = registry.find("example.com", "v1", "widgets");
    const entry = store.get(CRD_BUCKET, "widgets.example.com");
    if (entry === undefined) throw new Error("not stored");
    const changed = parseEntry(entry);
    changed.metadata.labels = { a: "b" };
    store.update(entry, changed);
    expect(registry.find("example.com", "v1", "widgets")).toBe(before);
    stop();
  });

  it("go with their definition", async () => {
    const stop = startCustomResources(api);
    declare(widgets());
    for (let index = 0; index < 120; index++) {
      store.create("example.com/widgets", {
        apiVersion: "example.com/v1",
        kind: "Widget",
        metadata: { name: `w${index}`, namespace: "default", uid: `w${index}` },
      });
    }
    const over = gone(CRD_BUCKET);
    deleteCrd("widgets.example.com");
    const { strategy } = registry.find("example.com", "v1", "widgets") ?? {};
    expect(() => strategy?.prepareCreate?.({ metadata: {} })).toThrow("create not allowed");
    await over;
    expect(store.bucket("example.com/widgets").entries.size).toBe(0);
    expect(registry.find("example.com", "v1", "widgets")).toBeUndefined();
    stop();
  });

  it("that wait for a finalizer keep their definition waiting, which says so", async () => {
    const stop = startCustomResources(api);
    declare(widgets());
    store.create("example.com/widgets", {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "default", uid: "w", finalizers: ["a/b"] },
    });
    const told = new Promise<CustomResourceDefinition>((resolve) => {
      store.subscribe(({ entry }) => {
        const crd = parseEntry(entry) as unknown as CustomResourceDefinition;
        if (entry.bucket === CRD_BUCKET && conditionsOf(crd)["Terminating"] !== undefined) resolve(crd);
      });
    });
    deleteCrd("widgets.example.com");
    expect(conditionsOf(await told)["Terminating"]).toBe("True InstanceDeletionInProgress");
    const over = gone(CRD_BUCKET);
    const entry = store.get("example.com/widgets", "default/w");
    if (entry === undefined) throw new Error("not stored");
    store.remove(entry);
    await over;
    stop();
  });

  it("with rules that cannot be enforced warn, and say so in a condition", () => {
    const rules = [{ rule: "self.unheardOf()" }];
    const crd = widgets();
    const [version] = crd.spec.versions;
    if (version === undefined) throw new Error("no version");
    version.schema = { openAPIV3Schema: { type: "object", "x-kubernetes-validations": rules } };
    expect(conditionsOf(declare(crd))["ValidationRulesEnforced"]).toBe("False RulesNotSupported");
    expect(createCrdStrategy(registry, () => NOW).warnings?.(crd)).toEqual([
      "spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations[0].rule is not enforced: this server does not have unheardOf()",
    ]);
  });
});

describe("the kinds of agent-sandbox", () => {
  it("are declared once, served in both versions, and stored in the newer", () => {
    ensureAgentSandboxCrds(api);
    const revision = store.revision;
    ensureAgentSandboxCrds(api);
    expect(store.revision).toBe(revision);
    startCustomResources(api)();
    const served = registry.list().filter((row) => row.custom);
    expect(served.map((row) => `${row.kind}/${row.version}`).toSorted()).toEqual([
      "Sandbox/v1alpha1",
      "Sandbox/v1beta1",
      "SandboxClaim/v1alpha1",
      "SandboxClaim/v1beta1",
      "SandboxTemplate/v1alpha1",
      "SandboxTemplate/v1beta1",
      "SandboxWarmPool/v1alpha1",
      "SandboxWarmPool/v1beta1",
    ]);
    for (const row of served) {
      expect(row.storage.version).toBe("v1beta1");
      expect(row.deprecationWarning !== undefined).toBe(row.version === "v1alpha1");
      expect(row.conversion).toEqual({ strategy: "AgentSandbox" });
    }
  });

  it("share their schemas with what was stored", () => {
    ensureAgentSandboxCrds(api);
    startCustomResources(api)();
    const crd = agentSandboxCrds().find(({ spec }) => spec.names.kind === "Sandbox");
    const schema = crd?.spec.versions.find(({ name }) => name === "v1beta1")?.schema?.openAPIV3Schema;
    expect(registry.findKind("agents.x-k8s.io", "v1beta1", "Sandbox")?.schema).toBe(schema);
  });

  it("are good by the rules for definitions, and every field of theirs is described", () => {
    for (const shared of agentSandboxCrds()) {
      const crd = structuredClone(shared);
      crd.metadata.uid = "x";
      declare(crd);
      for (const { schema } of shared.spec.versions) {
        const { spec, status } = schema?.openAPIV3Schema?.properties ?? {};
        for (const part of [spec, status]) {
          for (const [field, { description }] of Object.entries(part?.properties ?? {})) {
            expect(`${crd.spec.names.kind} ${field}: ${description ?? ""}`).toMatch(/: \S/);
          }
        }
      }
    }
  });

  it("stay as somebody else declared them", () => {
    const [first] = agentSandboxCrds();
    if (first === undefined) throw new Error("no definitions");
    const other = structuredClone(first) as CustomResourceDefinition & KubeObject;
    other.metadata = { name: first.metadata.name ?? "", uid: "other" };
    store.create(CRD_BUCKET, other);
    ensureAgentSandboxCrds(api);
    expect(store.get(CRD_BUCKET, first.metadata.name ?? "")?.uid).toBe("other");
  });
});
