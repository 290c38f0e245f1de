import { ApiError } from "../server/api-error.ts";
import { isJsonObject, type JsonObject, ownMember, setMember } from "./json-value.ts";

/** How one list of a schema takes part in a strategic merge patch. */
export interface ListRules {
  /** Whether the list merges; else a patch replaces it. */
  readonly merges: boolean;
  /** Member by which objects in the list are told apart; undefined for a list of scalars. */
  readonly mergeKey: string | undefined;
  readonly mergeItems: (current: JsonObject, change: JsonObject) => JsonObject;
}

type Items = readonly unknown[];

/** Merges a list: scalars are joined, objects merged by key, `$patch: delete` and `$patch: replace` obeyed. */
export function mergeLists(original: Items, patch: Items, rules: ListRules): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  if (!isListOfObjects([...original, ...patch])) {
    return inOrder([...new Set([...original, ...patch])], patch, original, undefined);
  }
  const key = requireMergeKey(rules);
  const { base, changes } = applyItemDirectives(original, patch, key);
  const merged = [...base];
  const places = new Map(indexOf(merged, key));
  for (const change of changes) {
    const value = keyOf(change, key);
    const place = places.get(value) ?? merged.length;
    const current = merged[place];
    places.set(value, place);
    merged[place] =
      current === undefined ? (withoutDirectives(change) as JsonObject) : rules.mergeItems(current, change);
  }
  return inOrder(merged, changes, base, key);
}

/**
 * Merges a list that has an order beside it: what the order names comes in that order, the rest keeps its place among it.
 *
 * @returns Undefined if there is no list on either side.
 */
export function mergeOrdered(
  original: unknown,
  patch: unknown,
  order: Items,
  rules: ListRules,
): unknown[] | undefined {
  const current = asList(original);
  const change = asList(patch);
  if (current === undefined && change === undefined) return undefined;
  if (change !== undefined) checkOrder(change, order, rules.mergeKey);
  let merged: unknown[];
  if (current === undefined) merged = withoutDirectives(change) as unknown[];
  else if (change === undefined) merged = [...current];
  else merged = rules.merges ? mergeLists(current, change, rules) : (withoutDirectives(change) as unknown[]);
  return inOrder(merged, order, placesAfter(current ?? [], merged, rules.mergeKey), rules.mergeKey);
}

/** The order on the server after deletions: new items take the places at the end that deleted ones have freed. */
function placesAfter(current: Items, merged: Items, key: string | undefined): Items {
  const before = indexOf(current, key);
  const after = indexOf(merged, key);
  const rest = current.filter((item) => after.has(identity(item, key)));
  const added = merged.filter((item) => !before.has(identity(item, key)));
  return [...rest, ...added.slice(0, current.length - rest.length)];
}

/** The scalars of a list that are not in another. */
export function deleteScalars(original: Items, deleted: Items): unknown[] {
  const gone = new Set(deleted);
  return original.filter((item) => !gone.has(item));
}

/** A value that a patch adds, without nulls, directives and the items and members that are nothing but directives. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !hasDirective(item)).map(withoutDirectives);
  if (!isJsonObject(value)) return value;
  const rest: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== null && !name.startsWith("$") && !hasDirective(member)) {
      setMember(rest, name, withoutDirectives(member));
    }
  }
  return rest;
}

function hasDirective(value: unknown): boolean {
  return isJsonObject(value) && Object.hasOwn(value, "$patch");
}

function asList(value: unknown): Items | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value))
    throw new ApiError("InternalError", `expected a list, but received ${typeof value}`);
  return value;
}

function requireMergeKey({ mergeKey }: ListRules): string {
  if (mergeKey === undefined) throw new ApiError("InternalError", "cannot merge lists without merge key");
  return mergeKey;
}

function isListOfObjects(items: Items): items is JsonObject[] {
  const objects = items.filter(isJsonObject).length;
  if (items.some(Array.isArray)) throw new ApiError("Invalid", "lists of lists are not supported");
  if (objects !== 0 && objects !== items.length) {
    throw new ApiError("InternalError", "list element types are not identical");
  }
  return objects > 0;
}

function applyItemDirectives(
  original: Items,
  patch: Items,
  key: string,
): { base: JsonObject[]; changes: JsonObject[] } {
  const changes: JsonObject[] = [];
  const deleted = new Set<unknown>();
  let isReplaced = false;
  for (const item of patch as JsonObject[]) {
    const directive = ownMember(item, "$patch");
    if (directive === undefined) {
      changes.push(item);
    } else if (directive === "delete") {
      deleted.add(keyOf(item, key));
    } else if (directive === "replace") {
      isReplaced = true;
    } else {
      throw new ApiError("InternalError", `unknown patch type: ${JSON.stringify(directive)}`);
    }
  }
  if (isReplaced) return { base: withoutDirectives(changes) as JsonObject[], changes: [] };
  const base = (original as JsonObject[]).filter((item) => deleted.size === 0 || !deleted.has(item[key]));
  return { base, changes };
}

function keyOf(item: JsonObject, key: string): unknown {
  const value = ownMember(item, key);
  if (value === undefined) {
    throw new ApiError(
      "InternalError",
      `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`,
    );
  }
  return value;
}

/** What tells an item apart: itself, or the value of its merge key. */
function identity(item: unknown, key: string | undefined): unknown {
  if (key === undefined) return item;
  if (!isJsonObject(item))
    throw new ApiError("InternalError", "the items of a list that merges by key must be objects");
  return keyOf(item, key);
}

/** Items that the patch's order and the patch both name must come in the same order, and the order must name them all. */
function checkOrder(patch: Items, order: Items, key: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const items = patch.filter((item) => !hasDirective(item));
  let next = 0;
  for (const step of order) {
    const item = items[next];
    if (item !== undefined && identity(item, key) === identity(step, key)) next++;
  }
  if (next < items.length) {
    throw new ApiError("InternalError", "The order in patch list doesn't match $setElementOrder list");
  }
}

/**
 * Orders merged items: those that `patchOrder` names as it has them, the others as `serverOrder` has them, and each of
 * these before the first of those that it stood before on the server.
 */
function inOrder<Item>(
  items: readonly Item[],
  patchOrder: Items,
  serverOrder: Items,
  key: string | undefined,
): Item[] {
  const patchIndex = indexOf(patchOrder, key);
  const serverIndex = indexOf(serverOrder, key);
  const position = (index: ReadonlyMap<unknown, number>, item: Item): number =>
    index.get(identity(item, key)) ?? Number.MAX_SAFE_INTEGER;
  const ordered = (index: ReadonlyMap<unknown, number>, part: Item[]): Item[] =>
    part.sort((left, right) => position(index, left) - position(index, right));

  const fromPatch = ordered(
    patchIndex,
    items.filter((item) => patchIndex.has(identity(item, key))),
  );
  const fromServer = ordered(
    serverIndex,
    items.filter((item) => !patchIndex.has(identity(item, key))),
  );
  const result: Item[] = [];
  let next = 0;
  for (const item of fromPatch) {
    const place = serverIndex.get(identity(item, key)) ?? -1;
    for (; next < fromServer.length; next++) {
      const candidate = fromServer[next] as Item;
      if (position(serverIndex, candidate) >= place) break;
      result.push(candidate);
    }
    result.push(item);
  }
  return [...result, ...fromServer.slice(next)];
}

function indexOf(items: Items, key: string | undefined): ReadonlyMap<unknown, number> {
  const index = new Map<unknown, number>();
  for (const [position, item] of items.entries()) {
    const value = identity(item, key);
    if (!index.has(value)) index.set(value, position);
  }
  return index;
}
