import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required } from "../field-errors.ts";
import {
  checkNotNegative,
  checkPort,
  checkPortOrName,
  checkRequired,
  elementsOf,
  type Errors,
  textOf,
} from "../validation/checks.ts";
import { httpHeaderName } from "../validation/names.ts";

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
const TIMES = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
];
/** Members of a handler in the order in which they are counted. */
const HANDLERS = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

/** The three probes of a container. */
export function* checkProbes(path: string, container: JsonObject): Errors {
  for (const name of PROBES) {
    const probe = container[name];
    if (isJsonObject(probe)) yield* checkProbe(`${path}.${name}`, name, probe);
  }
}

function* checkProbe(path: string, name: (typeof PROBES)[number], probe: JsonObject): Errors {
  yield* checkHandler(path, probe);
  for (const time of TIMES) yield* checkNotNegative(`${path}.${time}`, probe[time]);
  const grace = probe["terminationGracePeriodSeconds"];
  if (typeof grace === "number") {
    const at = `${path}.terminationGracePeriodSeconds`;
    if (grace <= 0) yield invalidValue(at, grace, "must be greater than 0");
    if (name === "readinessProbe") yield invalidValue(at, grace, "must not be set for readinessProbes");
  }
  const threshold = probe["successThreshold"];
  if (name !== "readinessProbe" && typeof threshold === "number" && threshold !== 1) {
    yield invalidValue(`${path}.successThreshold`, threshold, "must be 1");
  }
}

/** What runs after a container's start and before its end. */
export function* checkLifecycle(path: string, lifecycle: unknown): Errors {
  if (!isJsonObject(lifecycle)) return;
  for (const hook of ["postStart", "preStop"]) {
    if (isJsonObject(lifecycle[hook])) yield* checkHandler(`${path}.${hook}`, lifecycle[hook]);
  }
}

/** Exactly one way to ask or to tell a container something. */
function* checkHandler(path: string, handler: JsonObject): Errors {
  let found = 0;
  for (const name of HANDLERS) {
    const action = handler[name];
    if (!isJsonObject(action)) continue;
    found += 1;
    if (found > 1) yield forbidden(`${path}.${name}`, "may not specify more than 1 handler type");
    else yield* checkAction(`${path}.${name}`, name, action);
  }
  if (found === 0) yield required(path, "must specify a handler type");
}

function* checkAction(path: string, name: (typeof HANDLERS)[number], action: JsonObject): Errors {
  switch (name) {
    case "exec":
      if (!Array.isArray(action["command"]) || action["command"].length === 0)
        yield required(`${path}.command`);
      break;
    case "httpGet":
      yield* checkRequired(`${path}.path`, action["path"]);
      yield* checkPortOrName(`${path}.port`, action["port"]);
      if (action["scheme"] !== "HTTP" && action["scheme"] !== "HTTPS") {
        yield notSupported(`${path}.scheme`, textOf(action["scheme"]), ["HTTP", "HTTPS"]);
      }
      for (const [header] of elementsOf(action["httpHeaders"], "")) {
        const problem = httpHeaderName(textOf(header["name"]));
        if (problem !== undefined) yield invalidValue(`${path}.httpHeaders`, header["name"], problem);
      }
      break;
    case "tcpSocket":
      yield* checkPortOrName(`${path}.port`, action["port"]);
      break;
    case "grpc":
      yield* checkPort(`${path}.port`, action["port"] ?? 0);
      break;
    default:
      yield* checkNotNegative(`${path}.seconds`, action["seconds"]);
  }
}
