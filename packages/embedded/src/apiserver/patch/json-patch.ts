import { ApiError } from "../server/api-error.ts";
import { isJsonEqual, isJsonObject, type JsonObject, setMember } from "./json-value.ts";

/** More operations than this are refused with 413, as kube-apiserver does. */
const MAX_OPERATIONS = 10_000;

/** How many values `copy` may add in all; a short patch can otherwise double a document with each operation. */
const MAX_COPIED_VALUES = 100_000;

type Container = JsonObject | unknown[];

type Operation =
  | { op: "add" | "replace" | "test"; path: string[]; value: unknown }
  | { op: "remove"; path: string[] }
  | { op: "move" | "copy"; path: string[]; from: string[] };

/**
 * Applies a JSON patch (RFC 6902): all operations in order, or none.
 *
 * @returns The patched document; `document` stays as it is.
 * @throws ApiError `BadRequest` for a malformed patch, `RequestEntityTooLarge` for one with more than 10,000 operations,
 *   `Invalid` where an operation cannot be carried out, a failed `test` among them.
 */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations))
    throw new ApiError("BadRequest", "a JSON patch must be a list of operations");
  if (operations.length > MAX_OPERATIONS) {
    throw new ApiError(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  }
  const parsed = operations.map(parseOperation);
  // The root sits in a holder, so that the empty pointer needs no case of its own.
  const holder: JsonObject = { root: structuredClone(document) };
  let copiable = MAX_COPIED_VALUES;
  for (const operation of parsed) {
    switch (operation.op) {
      case "add":
        add(holder, operation.path, structuredClone(operation.value));
        break;
      case "remove":
        remove(holder, operation.path);
        break;
      case "replace":
        replace(holder, operation.path, structuredClone(operation.value));
        break;
      case "test":
        if (!isJsonEqual(read(holder, operation.path), operation.value)) {
          throw failed(`testing value ${pointerText(operation.path)} failed`);
        }
        break;
      case "move":
        if (isProperPrefix(operation.from, operation.path)) {
          throw failed(`cannot move ${pointerText(operation.from)} into itself`);
        }
        add(holder, operation.path, remove(holder, operation.from));
        break;
      case "copy": {
        const value = read(holder, operation.from);
        copiable -= countValues(value, copiable);
        if (copiable < 0) throw failed(`copies more than ${MAX_COPIED_VALUES} values`);
        add(holder, operation.path, structuredClone(value));
      }
    }
  }
  return holder["root"];
}

function parseOperation(operation: unknown, index: number): Operation {
  if (!isJsonObject(operation)) throw new ApiError("BadRequest", `operation ${index} is not an object`);
  const { op } = operation;
  const path = parsePointer(operation["path"], `operation ${index}: path`);
  switch (op) {
    case "add":
    case "replace":
    case "test":
      if (!Object.hasOwn(operation, "value")) {
        throw new ApiError("BadRequest", `operation ${index}: ${op} needs a value`);
      }
      return { op, path, value: operation["value"] };
    case "remove":
      return { op, path };
    case "move":
    case "copy":
      return { op, path, from: parsePointer(operation["from"], `operation ${index}: from`) };
    default:
      throw new ApiError("BadRequest", `operation ${index}: unknown op ${JSON.stringify(op)}`);
  }
}

function parsePointer(pointer: unknown, where: string): string[] {
  if (typeof pointer !== "string") throw new ApiError("BadRequest", `${where} must be a JSON pointer`);
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new ApiError("BadRequest", `${where} must begin with "/"`);
  return pointer
    .slice(1)
    .split("/")
    .map((token) => {
      if (/~(?![01])/.test(token)) throw new ApiError("BadRequest", `${where} has an invalid escape`);
      return token.replaceAll("~1", "/").replaceAll("~0", "~");
    });
}

function pointerText(path: readonly string[]): string {
  return path.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function isProperPrefix(prefix: readonly string[], path: readonly string[]): boolean {
  return prefix.length < path.length && prefix.every((token, index) => token === path[index]);
}

/** The container that holds the path's last token, and that token. */
function locate(holder: JsonObject, path: readonly string[]): { parent: Container; token: string } {
  let parent: Container = holder;
  let token = "root";
  for (const next of path) {
    const value = member(parent, token, path);
    if (!isJsonObject(value) && !Array.isArray(value)) throw missing(path);
    parent = value;
    token = next;
  }
  return { parent, token };
}

function member(parent: Container, token: string, path: readonly string[]): unknown {
  if (Array.isArray(parent)) {
    const index = parseIndex(token, path);
    if (index >= parent.length) throw missing(path);
    return parent[index];
  }
  if (!Object.hasOwn(parent, token)) throw missing(path);
  return parent[token];
}

function parseIndex(token: string, path: readonly string[]): number {
  if (!/^(0|[1-9][0-9]{0,8})$/.test(token))
    throw failed(`${pointerText(path)}: ${token} is no index of a list`);
  return Number(token);
}

function read(holder: JsonObject, path: readonly string[]): unknown {
  const { parent, token } = locate(holder, path);
  return member(parent, token, path);
}

function add(holder: JsonObject, path: readonly string[], value: unknown): void {
  const { parent, token } = locate(holder, path);
  if (!Array.isArray(parent)) return setMember(parent, token, value);
  const index = token === "-" ? parent.length : parseIndex(token, path);
  if (index > parent.length) throw missing(path);
  parent.splice(index, 0, value);
}

function replace(holder: JsonObject, path: readonly string[], value: unknown): void {
  const { parent, token } = locate(holder, path);
  member(parent, token, path);
  if (Array.isArray(parent)) parent[Number(token)] = value;
  else setMember(parent, token, value);
}

function remove(holder: JsonObject, path: readonly string[]): unknown {
  if (path.length === 0) throw failed("cannot remove the whole document");
  const { parent, token } = locate(holder, path);
  const value = member(parent, token, path);
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete parent[token];
  return value;
}

/** How many values a value holds, itself included; stops soon after `limit`. */
function countValues(value: unknown, limit: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const child of Object.values(value)) {
    count += countValues(child, limit - count);
    if (count > limit) break;
  }
  return count;
}

function missing(path: readonly string[]): ApiError {
  return failed(`${pointerText(path)} does not exist`);
}

function failed(what: string): ApiError {
  // kubectl prints the message only if `details` is present and empty.
  return new ApiError(
    "Invalid",
    `the server rejected our request due to an error in our request: ${what}`,
    {},
  );
}
