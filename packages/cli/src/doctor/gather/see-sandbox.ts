import type { ContainerPort, KubeObject, NormalSandbox, Pod, PodTemplate, Stored } from "@sandgate/contract";
import { normalizeSandbox, viewPod, type PodView } from "@sandgate/kube";
import type { FailingContainer } from "../facts.ts";

/** What the checks need of a Sandbox. */
export interface SeenSandbox {
  sandbox: NormalSandbox;
  runtimeClass: string | null;
  images: readonly string[];
}

/** What they need of a sandbox's pod. */
export interface SeenPod {
  view: PodView;
  unschedulable: string | null;
  labels: Readonly<Record<string, string>>;
  ports: readonly ContainerPort[];
  failing: FailingContainer | null;
}

export function seeSandbox(object: Stored<KubeObject>): SeenSandbox {
  const { spec } = object as Stored<KubeObject> & { spec?: { podTemplate?: Partial<PodTemplate> } };
  const pod = spec?.podTemplate?.spec;
  return {
    sandbox: normalizeSandbox(object),
    runtimeClass: pod?.runtimeClassName ?? null,
    images: (pod?.containers ?? []).flatMap(({ image }) => image ?? []),
  };
}

/** Null for pods that are no sandbox's. */
export function seePod(pod: Stored<Pod>): SeenPod | null {
  const view = viewPod(pod);
  if (view.sandboxUid === null) return null;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  return {
    view,
    unschedulable: scheduled?.status === "False" ? (scheduled.message ?? scheduled.reason ?? "") : null,
    labels: pod.metadata.labels ?? {},
    failing: failingOf(pod),
    ports: pod.spec.containers.flatMap(({ ports }) => ports ?? []),
  };
}

function failingOf({ spec, status }: Stored<Pod>): FailingContainer | null {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const failing = all.find(
    ({ state, lastState, ready }) =>
      state?.waiting !== undefined ||
      state?.terminated !== undefined ||
      // Between two restarts it runs, until it ends again.
      (!ready && lastState?.terminated !== undefined),
  );
  if (failing === undefined) return null;
  return {
    index: Math.max(
      0,
      spec.containers.findIndex(({ name }) => name === failing.name),
    ),
    image: failing.image,
    exitCode: (failing.state?.terminated ?? failing.lastState?.terminated)?.exitCode ?? null,
  };
}
