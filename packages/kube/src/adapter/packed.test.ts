import type { KubeObject, Pod, Stored } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { createPacking, unpack, unpackPod } from "./packed.ts";

const sandbox = (name: string): Stored<KubeObject> =>
  ({
    metadata: {
      namespace: "default",
      name,
      uid: `uid-${name}`,
      resourceVersion: "7",
      labels: { user: "alice" },
      annotations: { "sandgate.dev/port": "3000", "kubectl.kubernetes.io/last-applied-configuration": "{…}" },
    },
    spec: { podTemplate: { spec: { containers: [{ name: "box", ports: [{ containerPort: 3000 }] }] } } },
    status: {
      conditions: [
        { type: "Ready", status: "True", reason: "R", message: "", lastTransitionTime: name },
        { type: "Suspended", status: "False", reason: "S", message: "", lastTransitionTime: name },
      ],
    },
  }) as Stored<KubeObject>;

describe("packed objects", () => {
  it("are known to an informer as the objects they were", () => {
    const { pack, packPod } = createPacking();
    const identity = { namespace: "default", name: "a", uid: "uid-a", resourceVersion: "7" };
    expect(pack(sandbox("a")).metadata).toMatchObject(identity);
    const pod = { metadata: identity, spec: { containers: [] } } as Stored<Pod>;
    expect(packPod(pod).metadata).toMatchObject(identity);
    expect(unpackPod(packPod(pod))).toMatchObject({ phase: "Pending", ready: false, sandboxUid: null });
  });

  it("keep what is read and leave out what is not", () => {
    const { annotations, conditions, ports } = unpack(createPacking().pack(sandbox("a")));
    expect(annotations).toEqual({ "sandgate.dev/port": "3000" });
    expect(conditions.map(({ type, reason }) => [type, reason])).toEqual([["Ready", "R"]]);
    expect(ports).toEqual([{ containerPort: 3000 }]);
  });

  it("share what is the same in them", () => {
    const { pack } = createPacking();
    const [a, b] = [unpack(pack(sandbox("a"))), unpack(pack(sandbox("b")))];
    expect(a.labels).toBe(b.labels);
    expect(a.conditions).toBe(b.conditions);
    expect(a.ports).toBe(b.ports);
    expect(a.annotations).toBe(b.annotations);
  });
});
