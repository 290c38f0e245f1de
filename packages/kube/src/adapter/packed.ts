import {
  GATEWAY_ANNOTATIONS,
  type Condition,
  type KubeObject,
  type NormalSandbox,
  type Pod,
  type Stored,
} from "@sandgate/contract";
import { normalizeSandbox } from "./normalize-sandbox.ts";
import { viewPod, type PodView } from "./pod-view.ts";
import { createShare } from "./share.ts";

/**
 * Objects as informers keep them. What is read of an object stands in the place of its metadata, of which it has those
 * members by which an informer knows an object: with a hundred thousand sandboxes, a second object for each counts.
 */
interface Packed<T> {
  readonly metadata: T;
}

/** The annotations that somebody reads; others can be as large as the object itself. */
const ANNOTATIONS: ReadonlySet<string> = new Set(GATEWAY_ANNOTATIONS);
/** The conditions that a state is told from. */
const CONDITIONS: ReadonlySet<string> = new Set(["Ready", "Finished"]);

export interface Packing {
  readonly pack: (object: Stored<KubeObject>) => Stored<KubeObject>;
  readonly packPod: (pod: Stored<Pod>) => Stored<Pod>;
}

/** One packing serves for all objects of a watch, so that they share what is the same in them. */
export function createPacking(): Packing {
  const share = createShare();
  return {
    pack(object) {
      // Changed in place: a copy with members replaced would be kept less tightly.
      const sandbox = normalizeSandbox(object);
      sandbox.namespace = share(sandbox.namespace);
      sandbox.labels = share(sandbox.labels);
      sandbox.annotations = share(chosen(sandbox.annotations));
      sandbox.conditions = share(sandbox.conditions.filter(({ type }) => CONDITIONS.has(type)).map(untimed));
      sandbox.podIps = share(sandbox.podIps);
      sandbox.ports = share(sandbox.ports);
      const packed: Packed<NormalSandbox> = { metadata: sandbox };
      return packed;
    },
    packPod(pod) {
      const view = viewPod(pod);
      view.namespace = share(view.namespace);
      view.hostIps = share(view.hostIps);
      view.phase = share(view.phase);
      view.reason = share(view.reason);
      view.message = share(view.message);
      const packed: Packed<PodView> = { metadata: view };
      return packed as unknown as Stored<Pod>;
    },
  };
}

export function unpack(packed: Stored<KubeObject>): NormalSandbox {
  return (packed as unknown as Packed<NormalSandbox>).metadata;
}

export function unpackPod(packed: Stored<Pod>): PodView {
  return (packed as unknown as Packed<PodView>).metadata;
}

function chosen(annotations: NormalSandbox["annotations"]): NormalSandbox["annotations"] {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => ANNOTATIONS.has(name)));
}

/** Nobody asks since when; without it, nearly all sandboxes have the same conditions. */
function untimed({ type, status, reason, message }: Condition): Condition {
  return { type, status, reason, message, lastTransitionTime: "" };
}
