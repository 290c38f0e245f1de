import type { NormalSandbox } from "@sandgate/contract";
import type { PodView } from "./pod-view.ts";

/** Of a sandbox's pods the one that is not going; of several the one that the Sandbox names. */
export function choosePod(
  pods: readonly PodView[],
  sandbox: Pick<NormalSandbox, "podName">,
): PodView | undefined {
  const staying = pods.filter((pod) => !pod.deleting);
  return staying.find((pod) => pod.name === sandbox.podName) ?? staying[0] ?? pods[0];
}
