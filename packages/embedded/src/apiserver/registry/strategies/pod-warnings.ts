import type { KubeObject } from "@sandgate/contract";
import type { JsonObject } from "../../patch/json-value.ts";
import { elementsOf, fieldsOf, textOf } from "../validation/checks.ts";

/** What is accepted of a pod and yet not what its author meant. */
export function podWarnings(object: KubeObject): string[] {
  const spec = fieldsOf((object as KubeObject & { spec?: unknown }).spec);
  return ["initContainers", "containers"].flatMap((list) =>
    [...elementsOf(spec[list], `spec.${list}`)].flatMap(([container, at]) => [
      ...hiddenVariables(container, at),
      ...repeatedPorts(container, at),
    ]),
  );
}

function* hiddenVariables(container: JsonObject, path: string): Iterable<string> {
  const seen = new Set<string>();
  for (const [variable, at] of elementsOf(container["env"], `${path}.env`)) {
    const name = textOf(variable["name"]);
    if (seen.has(name)) {
      yield `${at}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
    }
    seen.add(name);
  }
}

function* repeatedPorts(container: JsonObject, path: string): Iterable<string> {
  const seen = new Map<string, string>();
  for (const [port, at] of elementsOf(container["ports"], `${path}.ports`)) {
    const key = JSON.stringify([port["containerPort"], port["protocol"], port["hostPort"], port["hostIP"]]);
    const first = seen.get(key);
    if (first !== undefined) yield `${at}: duplicate port definition with ${first}`;
    else seen.set(key, at);
  }
}
