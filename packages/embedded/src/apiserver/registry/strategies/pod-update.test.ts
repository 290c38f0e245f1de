import type { Pod } from "@sandgate/contract";
import { describe, expect, test } from "vitest";
import { createBuiltInDefinitions } from "../built-in.ts";

const strategy = createBuiltInDefinitions().find(({ kind }) => kind === "Pod")?.strategy ?? {};

function created(spec: object): Pod {
  const pod = { metadata: { name: "p" }, spec: structuredClone(spec) };
  strategy.defaults?.(pod);
  strategy.prepareCreate?.(pod);
  return pod as Pod;
}

function withContainer(more: object): object {
  return { containers: [{ name: "a", image: "x", ...more }] };
}

/** What is wrong with changing a stored pod in this way. */
function changeProblems(spec: object, change: (pod: Pod) => void): string[] {
  const previous = created(spec);
  const next = structuredClone(previous);
  change(next);
  strategy.defaults?.(next);
  strategy.prepareUpdate?.(next, previous);
  return (strategy.validate?.(next, previous) ?? []).map(
    ({ field, message }) => `${field}: ${message.split("\n")[0]}`,
  );
}

describe("an update of a pod", () => {
  const base = {
    ...withContainer({}),
    activeDeadlineSeconds: 10,
    tolerations: [{ key: "own", operator: "Exists" }],
  };

  test("may change images, shorten the deadline and add tolerations", () => {
    expect(
      changeProblems(base, (pod) => {
        Object.assign(pod.spec.containers[0] ?? {}, { image: "y" });
        pod.spec.activeDeadlineSeconds = 5;
        Object.assign(pod.spec, {
          tolerations: [
            ...((pod.spec as { tolerations?: object[] }).tolerations ?? []),
            { key: "k", operator: "Exists" },
          ],
        });
      }),
    ).toEqual([]);
  });

  test.each<[string, (pod: Pod) => void, string]>([
    [
      "change another field",
      (pod) => Object.assign(pod.spec, { hostname: "h" }),
      "spec: Forbidden: pod updates may not change fields other than",
    ],
    [
      "change a container's command",
      (pod) => Object.assign(pod.spec.containers[0] ?? {}, { command: ["x"] }),
      "spec: Forbidden: pod updates may not change fields other than",
    ],
    [
      "add a container",
      (pod) => pod.spec.containers.push({ name: "b", image: "x" }),
      "spec.containers: Forbidden: pod updates may not add or remove containers",
    ],
    [
      "lengthen the deadline",
      (pod) => Object.assign(pod.spec, { activeDeadlineSeconds: 11 }),
      "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value",
    ],
    [
      "drop a toleration",
      (pod) => Object.assign(pod.spec, { tolerations: [] }),
      "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
    ],
    [
      "add a scheduling gate",
      (pod) => Object.assign(pod.spec, { schedulingGates: [{ name: "g" }] }),
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'",
    ],
  ])("may not %s", (_, change, line) => {
    expect(changeProblems(base, change).some((problem) => problem.startsWith(line))).toBe(true);
  });

  test("keeps what admission set where the client leaves it out", () => {
    const previous = created(base);
    const next = structuredClone(previous);
    for (const field of [
      "serviceAccountName",
      "serviceAccount",
      "priority",
      "preemptionPolicy",
      "tolerations",
    ]) {
      Reflect.deleteProperty(next.spec, field);
    }
    Object.assign(next.spec, { tolerations: base.tolerations });
    strategy.defaults?.(next);
    strategy.prepareUpdate?.(next, previous);
    expect(next).toEqual(previous);
  });

  test("names what it changed that it may not", () => {
    const previous = created(base);
    const next = structuredClone(previous);
    next.spec.hostname = "h";
    expect(strategy.validate?.(next, previous)[0]?.message).toContain('spec.hostname: unset -> "h"');
  });

  test("may drop the gates that held it", () => {
    expect(
      changeProblems(
        { ...withContainer({}), schedulingGates: [{ name: "g" }] },
        (pod) => delete pod.spec.schedulingGates,
      ),
    ).toEqual([]);
  });
});
