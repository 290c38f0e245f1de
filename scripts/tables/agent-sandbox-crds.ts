// Makes packages/embedded/src/apiserver/tables/agent-sandbox-crds.json from the Go module that agent-sandbox publishes:
//   node scripts/tables/agent-sandbox-crds.ts
// Prose is not taken over. A part of a schema that occurs more than once stands in the list `shared`, and in its places
// `{"$shared": index}`; parts refer to parts before them only.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { goModuleFolder } from "./go-module.ts";

const MODULE = "sigs.k8s.io/agent-sandbox";
const VERSION = "v0.5.6";
const FOLDER = "k8s/crds";
/** A reference is not worth it for less text than this. */
const LEAST_SHARED = 60;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface Manifest {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly [name: string]: Json };
}

/** Members of a schema whose names are fields and not keywords. */
const NAMED = new Set(["properties"]);

function withoutProse(value: Json, named = false): Json {
  if (Array.isArray(value)) return value.map((each) => withoutProse(each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => named || name !== "description" || typeof each !== "string")
      .map(([name, each]) => [name, withoutProse(each, NAMED.has(name) && !named)]),
  );
}

const texts = new Map<string, number>();

function count(value: Json): void {
  if (typeof value !== "object" || value === null) return;
  const text = JSON.stringify(value);
  const times = texts.get(text) ?? 0;
  texts.set(text, times + 1);
  // What is within a part that was seen before is shared along with it.
  if (times > 0 && isShared(text)) return;
  for (const each of Object.values(value)) count(each);
}

function isShared(text: string): boolean {
  return text.length >= LEAST_SHARED && (texts.get(text) ?? 0) > 1;
}

const shared: Json[] = [];
const places = new Map<string, number>();

function hoist(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  const text = JSON.stringify(value);
  const known = places.get(text);
  if (known !== undefined) return { $shared: known };
  const copy = Array.isArray(value)
    ? value.map(hoist)
    : Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hoist(each)]));
  if (!isShared(text)) return copy;
  places.set(text, shared.length);
  shared.push(copy);
  return { $shared: shared.length - 1 };
}

const folder = join(goModuleFolder(MODULE, VERSION), FOLDER);
const specs: Record<string, Json> = {};
for (const file of readdirSync(folder).toSorted()) {
  const { metadata, spec } = parse(readFileSync(join(folder, file), "utf8")) as Manifest;
  // How versions are converted is the server's own affair.
  const { conversion: _, ...rest } = spec;
  specs[metadata.name] = withoutProse(rest);
}
for (const spec of Object.values(specs)) count(spec);
const hoisted = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, hoist(spec)]));
const table = { source: { [MODULE]: VERSION, folder: FOLDER }, shared, specs: hoisted };
const target = join(
  import.meta.dirname,
  "../../packages/embedded/src/apiserver/tables/agent-sandbox-crds.json",
);
// A line for each part: small, and a change shows where it is.
const lines = (values: readonly string[]): string => values.map((each) => `  ${each}`).join(",\n");
writeFileSync(
  target,
  `{\n "source": ${JSON.stringify(table.source)},\n "shared": [\n${lines(shared.map((each) => JSON.stringify(each)))}\n ],\n` +
    ` "specs": {\n${lines(Object.entries(hoisted).map(([name, spec]) => `${JSON.stringify(name)}: ${JSON.stringify(spec)}`))}\n }\n}\n`,
);
process.stdout.write(`${Object.keys(specs).length} definitions written to ${target}\n`);
