import type { Pod } from "@sandgate/contract";
import { ApiError } from "../server/api-error.ts";

const DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

/**
 * The container that a stream is about: the named one, else the pod's default, else its only one.
 *
 * @throws ApiError 400 if that is none, or several.
 */
export function chooseContainer(pod: Pod, wanted: string): string {
  const name = pod.metadata.name ?? "";
  const containers = pod.spec.containers.map((container) => container.name);
  const init = (pod.spec.initContainers ?? []).map((container) => container.name);
  if (wanted !== "") {
    if ([...containers, ...init].includes(wanted)) return wanted;
    throw new ApiError("BadRequest", `container ${wanted} is not valid for pod ${name}`);
  }
  const marked = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (marked !== undefined && containers.includes(marked)) return marked;
  const [first] = containers;
  if (containers.length === 1 && first !== undefined) return first;
  const others = init.length === 0 ? "" : ` or one of the init containers: [${init.join(" ")}]`;
  throw new ApiError(
    "BadRequest",
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(" ")}]${others}`,
  );
}
