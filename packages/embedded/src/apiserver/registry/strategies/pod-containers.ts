import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { duplicate, forbidden, invalidValue, notSupported, required } from "../field-errors.ts";
import {
  checkOneOf,
  checkPort,
  checkRequired,
  checkRequiredName,
  elementsOf,
  type Errors,
  PROTOCOLS,
  textOf,
} from "../validation/checks.ts";
import { dnsLabel, portNameProblems } from "../validation/names.ts";
import { checkResources } from "../validation/resources.ts";
import { checkEnv, checkEnvFrom } from "./pod-env.ts";
import { checkLifecycle, checkProbes } from "./pod-probes.ts";
import { checkMounts } from "./pod-volumes.ts";

const ONLY_RESTARTED = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];
const RESTART_POLICIES = ["Always", "Never", "OnFailure"];

/** Containers and init containers of a pod. `volumes` are the names of its good volumes. */
export function* checkContainers(path: string, spec: JsonObject, volumes: ReadonlySet<string>): Errors {
  const names = new Set<string>();
  const { containers, initContainers } = spec;
  if (!Array.isArray(containers) || containers.length === 0) yield required(`${path}.containers`);
  const hostPorts = new Set<string>();
  for (const [container, at] of elementsOf(containers, `${path}.containers`)) {
    yield* checkContainer(at, container, volumes);
    yield* checkUnique(at, container, names);
    yield* checkLifecycle(`${at}.lifecycle`, container["lifecycle"]);
    yield* checkProbes(at, container);
    yield* checkHostPorts(`${at}.ports`, container, hostPorts, spec["hostNetwork"] === true);
    yield* checkOneOf(`${at}.restartPolicy`, container["restartPolicy"], RESTART_POLICIES);
  }
  for (const [container, at] of elementsOf(initContainers, `${path}.initContainers`)) {
    yield* checkContainer(at, container, volumes);
    yield* checkUnique(at, container, names);
    yield* checkHostPorts(`${at}.ports`, container, new Set(), false);
    yield* checkOneOf(`${at}.restartPolicy`, container["restartPolicy"], RESTART_POLICIES);
    if (container["restartPolicy"] === "Always") {
      yield* checkLifecycle(`${at}.lifecycle`, container["lifecycle"]);
      yield* checkProbes(at, container);
      continue;
    }
    for (const field of ONLY_RESTARTED) {
      if (!isJsonObject(container[field])) continue;
      yield forbidden(`${at}.${field}`, "may not be set for init containers without restartPolicy=Always");
    }
  }
}

function* checkUnique(path: string, container: JsonObject, names: Set<string>): Errors {
  const name = textOf(container["name"]);
  if (names.has(name)) yield duplicate(`${path}.name`, name);
  else if (name !== "") names.add(name);
}

function* checkContainer(path: string, container: JsonObject, volumes: ReadonlySet<string>): Errors {
  yield* checkRequiredName(`${path}.name`, container["name"], dnsLabel);
  yield* checkRequired(`${path}.image`, container["image"]);
  yield* checkOneOf(`${path}.terminationMessagePolicy`, container["terminationMessagePolicy"], [
    "File",
    "FallbackToLogsOnError",
  ]);
  yield* checkPorts(`${path}.ports`, container["ports"]);
  yield* checkEnv(`${path}.env`, container["env"]);
  yield* checkEnvFrom(`${path}.envFrom`, container["envFrom"]);
  yield* checkMounts(`${path}.volumeMounts`, container, volumes);
  yield* checkOneOf(`${path}.imagePullPolicy`, container["imagePullPolicy"], [
    "Always",
    "IfNotPresent",
    "Never",
  ]);
  yield* checkResources(`${path}.resources`, container["resources"]);
  yield* checkSecurity(`${path}.securityContext`, container["securityContext"]);
}

function* checkPorts(path: string, ports: unknown): Errors {
  const names = new Set<string>();
  for (const [port, at] of elementsOf(ports, path)) {
    const name = textOf(port["name"]);
    const problems = name === "" ? [] : portNameProblems(name);
    for (const problem of problems) yield invalidValue(`${at}.name`, name, problem);
    if (problems.length === 0 && names.has(name)) yield duplicate(`${at}.name`, name);
    if (name !== "") names.add(name);
    if ((port["containerPort"] ?? 0) === 0) yield required(`${at}.containerPort`);
    else yield* checkPort(`${at}.containerPort`, port["containerPort"]);
    if ((port["hostPort"] ?? 0) !== 0) yield* checkPort(`${at}.hostPort`, port["hostPort"]);
    const protocol = textOf(port["protocol"]);
    if (protocol === "") yield required(`${at}.protocol`);
    else if (!PROTOCOLS.includes(protocol)) yield notSupported(`${at}.protocol`, protocol, PROTOCOLS);
  }
}

/** Two containers of a pod can't have one port of the node; in the node's network every port is the node's. */
function* checkHostPorts(
  path: string,
  container: JsonObject,
  taken: Set<string>,
  hostNetwork: boolean,
): Errors {
  for (const [port, at] of elementsOf(container["ports"], path)) {
    const { hostPort, containerPort } = port;
    if (hostNetwork && hostPort !== containerPort) {
      yield invalidValue(
        `${at}.hostPort`,
        hostPort ?? 0,
        "must match `containerPort` when `hostNetwork` is true",
      );
    }
    if (typeof hostPort !== "number" || hostPort === 0) continue;
    const key = `${textOf(port["protocol"])}/${textOf(port["hostIP"])}/${hostPort}`;
    if (taken.has(key)) yield duplicate(`${at}.hostPort`, key);
    taken.add(key);
  }
}

function* checkSecurity(path: string, security: unknown): Errors {
  if (!isJsonObject(security)) return;
  for (const id of ["runAsUser", "runAsGroup"]) {
    const value = security[id];
    if (typeof value === "number" && (value < 0 || value > 2_147_483_647)) {
      yield invalidValue(`${path}.${id}`, value, "must be between 0 and 2147483647, inclusive");
    }
  }
  if (security["allowPrivilegeEscalation"] !== false) return;
  if (security["privileged"] === true) {
    yield invalidValue(
      path,
      security,
      "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
    );
  }
  const { capabilities } = security;
  const added = isJsonObject(capabilities) && Array.isArray(capabilities["add"]) ? capabilities["add"] : [];
  if (added.includes("CAP_SYS_ADMIN")) {
    yield invalidValue(
      path,
      security,
      "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
    );
  }
}
