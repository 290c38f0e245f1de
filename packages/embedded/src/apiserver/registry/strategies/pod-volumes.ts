import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { duplicate, forbidden, invalidValue, notFound, notSupported, required } from "../field-errors.ts";
import {
  checkDescendingPath,
  checkFileMode,
  checkName,
  checkOneOf,
  checkRequired,
  checkRequiredName,
  elementsOf,
  type Errors,
  textOf,
} from "../validation/checks.ts";
import { dnsLabel, dnsSubdomain } from "../validation/names.ts";
import { parseQuantity } from "../quantity.ts";
import { checkFieldRef, checkResourceFieldRef } from "./pod-env.ts";

const VOLUME_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

type Check = (path: string, source: JsonObject) => Errors;

/** Sources whose members are checked; any other source counts only as one. */
const SOURCES: Readonly<Record<string, Check>> = {
  *emptyDir(path, source) {
    const limit = source["sizeLimit"];
    if (limit === undefined || limit === null) return;
    const quantity = parseQuantity(limit);
    if (quantity === undefined || quantity.digits < 0n) {
      yield forbidden(`${path}.sizeLimit`, "SizeLimit field must be a valid resource quantity");
    }
  },
  *configMap(path, source) {
    yield* checkRequired(`${path}.name`, source["name"]);
    yield* checkKeyed(path, source);
  },
  *secret(path, source) {
    yield* checkRequired(`${path}.secretName`, source["secretName"]);
    yield* checkKeyed(path, source);
  },
  *persistentVolumeClaim(path, source) {
    yield* checkRequired(`${path}.claimName`, source["claimName"]);
    yield* checkName(`${path}.claimName`, source["claimName"], dnsSubdomain);
  },
  *hostPath(path, source) {
    yield* checkRequired(`${path}.path`, source["path"]);
    if (textOf(source["path"]).split("/").includes("..")) {
      yield invalidValue(`${path}.path`, source["path"], "must not contain '..'");
    }
    yield* checkOneOf(`${path}.type`, source["type"], HOST_PATH_TYPES);
  },
  *downwardAPI(path, source) {
    yield* checkFileMode(`${path}.defaultMode`, source["defaultMode"]);
    for (const [item, at] of elementsOf(source["items"], `${path}.items`)) yield* checkDownwardFile(at, item);
  },
  *projected(path, source) {
    yield* checkFileMode(`${path}.defaultMode`, source["defaultMode"]);
    for (const [projection, at] of elementsOf(source["sources"], `${path}.sources`)) {
      yield* checkProjection(at, projection);
    }
  },
  *ephemeral(path, source) {
    if (!isJsonObject(source["volumeClaimTemplate"])) yield required(`${path}.volumeClaimTemplate`);
  },
  *nfs(path, source) {
    yield* checkRequired(`${path}.server`, source["server"]);
    yield* checkRequired(`${path}.path`, source["path"]);
    if (!textOf(source["path"]).startsWith("/")) {
      yield invalidValue(`${path}.path`, textOf(source["path"]), "must be an absolute path");
    }
  },
  *csi(path, source) {
    yield* checkRequired(`${path}.driver`, source["driver"]);
  },
};

const PROJECTIONS: Readonly<Record<string, Check>> = {
  *secret(path, source) {
    yield* checkRequired(`${path}.name`, source["name"]);
    yield* checkKeyed(path, source);
  },
  *configMap(path, source) {
    yield* checkRequired(`${path}.name`, source["name"]);
    yield* checkKeyed(path, source);
  },
  *downwardAPI(path, source) {
    for (const [item, at] of elementsOf(source["items"], `${path}.items`)) yield* checkDownwardFile(at, item);
  },
  *serviceAccountToken(path, source) {
    yield* checkRequired(`${path}.path`, source["path"]);
    const seconds = source["expirationSeconds"];
    if (typeof seconds === "number" && seconds < 600) {
      yield invalidValue(
        `${path}.expirationSeconds`,
        seconds,
        "may not specify a duration less than 10 minutes",
      );
    }
  },
};

/** Volumes of a pod. `names` gets the names of the good ones, which mounts may refer to. */
export function* checkVolumes(path: string, volumes: unknown, names: Set<string>): Errors {
  for (const [volume, at] of elementsOf(volumes, path)) {
    const name = textOf(volume["name"]);
    const found = [...checkSource(at, volume), ...checkRequiredName(`${at}.name`, name, dnsLabel)];
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    if (found.length === 0) names.add(name);
    yield* found;
  }
}

function* checkSource(path: string, volume: JsonObject): Errors {
  const given = Object.keys(volume).filter((key) => key !== "name" && isJsonObject(volume[key]));
  if (given.length === 0) yield required(path, "must specify a volume type");
  for (const [index, key] of given.entries()) {
    if (index > 0) yield forbidden(`${path}.${key}`, "may not specify more than 1 volume type");
    const source = volume[key];
    const check = Object.hasOwn(SOURCES, key) ? SOURCES[key] : undefined;
    if (index === 0 && isJsonObject(source) && check !== undefined) yield* check(`${path}.${key}`, source);
  }
}

function* checkKeyed(path: string, source: JsonObject): Errors {
  yield* checkFileMode(`${path}.defaultMode`, source["defaultMode"]);
  for (const [item, at] of elementsOf(source["items"], `${path}.items`)) {
    yield* checkRequired(`${at}.key`, item["key"]);
    yield* checkRequired(`${at}.path`, item["path"]);
    yield* checkVolumeFile(`${at}.path`, textOf(item["path"]));
    yield* checkFileMode(`${at}.mode`, item["mode"]);
  }
}

/** Names that begin with two dots are the kubelet's own in a volume. */
function* checkVolumeFile(path: string, value: string): Errors {
  yield* checkDescendingPath(path, value);
  if (value.startsWith("..") && !value.startsWith("../") && value !== "..") {
    yield invalidValue(path, value, "must not start with '..'");
  }
}

function* checkDownwardFile(path: string, item: JsonObject): Errors {
  yield* checkRequired(`${path}.path`, item["path"]);
  yield* checkVolumeFile(`${path}.path`, textOf(item["path"]));
  yield* checkFileMode(`${path}.mode`, item["mode"]);
  const { fieldRef, resourceFieldRef } = item;
  if (isJsonObject(fieldRef)) {
    yield* checkFieldRef(`${path}.fieldRef`, fieldRef, VOLUME_FIELDS);
    if (isJsonObject(resourceFieldRef)) {
      yield invalidValue(
        path,
        "resource",
        "fieldRef and resourceFieldRef can not be specified simultaneously",
      );
    }
  } else if (isJsonObject(resourceFieldRef)) {
    yield* checkResourceFieldRef(`${path}.resourceFieldRef`, resourceFieldRef, true);
  } else yield required(path, "one of fieldRef and resourceFieldRef is required");
}

function* checkProjection(path: string, projection: JsonObject): Errors {
  const given = Object.keys(projection).filter((key) => isJsonObject(projection[key]));
  if (given.length > 1) yield forbidden(path, "may not specify more than 1 volume type per source");
  for (const [index, key] of given.entries()) {
    const source = projection[key];
    const check = Object.hasOwn(PROJECTIONS, key) ? PROJECTIONS[key] : undefined;
    if (index === 0 && isJsonObject(source) && check !== undefined) yield* check(`${path}.${key}`, source);
  }
}

/** Mounts of one container. `volumes` are the names of the pod's good volumes. */
export function* checkMounts(path: string, container: JsonObject, volumes: ReadonlySet<string>): Errors {
  const mountPaths = new Set<string>();
  for (const [mount, at] of elementsOf(container["volumeMounts"], path)) {
    const name = textOf(mount["name"]);
    const mountPath = textOf(mount["mountPath"]);
    if (name === "") yield required(`${at}.name`);
    if (!volumes.has(name)) yield notFound(`${at}.name`, name);
    if (mountPath === "") yield required(`${at}.mountPath`);
    if (mountPaths.has(mountPath)) yield invalidValue(`${at}.mountPath`, mountPath, "must be unique");
    mountPaths.add(mountPath);
    const subPath = textOf(mount["subPath"]);
    const subPathExpr = textOf(mount["subPathExpr"]);
    if (subPath !== "") yield* checkDescendingPath(`${at}.subPath`, subPath);
    if (subPathExpr !== "") {
      if (subPath !== "") {
        yield invalidValue(
          `${at}.subPathExpr`,
          subPathExpr,
          "subPathExpr and subPath are mutually exclusive",
        );
      }
      yield* checkDescendingPath(`${at}.subPathExpr`, subPathExpr);
    }
    yield* checkMountOptions(at, mount, container);
  }
}

function* checkMountOptions(path: string, mount: JsonObject, container: JsonObject): Errors {
  const propagation = mount["mountPropagation"];
  yield* checkOneOf(`${path}.mountPropagation`, propagation, ["Bidirectional", "HostToContainer", "None"]);
  const security = container["securityContext"];
  if (propagation === "Bidirectional" && !(isJsonObject(security) && security["privileged"] === true)) {
    yield forbidden(
      `${path}.mountPropagation`,
      "Bidirectional mount propagation is available only to privileged containers",
    );
  }
  const recursive = mount["recursiveReadOnly"];
  if (recursive === undefined || recursive === null || recursive === "Disabled") return;
  if (recursive !== "Enabled" && recursive !== "IfPossible") {
    yield notSupported(`${path}.recursiveReadOnly`, recursive, ["Disabled", "Enabled", "IfPossible"]);
  } else if (mount["readOnly"] !== true) {
    yield forbidden(`${path}.recursiveReadOnly`, "may only be specified when readOnly is true");
  }
}
