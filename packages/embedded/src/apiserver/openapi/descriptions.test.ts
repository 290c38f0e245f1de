import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { openApiTypeName, tableTypeNames } from "../tables/kubernetes-types.ts";
import { scanJson } from "../server/scan-json.ts";
import { describeField, describeType } from "./descriptions.ts";

const text = readFileSync(new URL("descriptions.json", import.meta.url), "utf8");
const written = JSON.parse(text) as { types: Record<string, Record<string, string>> };
const types = createSchemaTable();

/** Volumes and other things of makers that the embedded node does not support. */
const UNSUPPORTED =
  /AWSElastic|Azure|Ceph|Cinder|FCVolume|Flex|Flocker|GCE|GitRepo|Gluster|ISCSI|Photon|Portworx|Quobyte|RBD|ScaleIO|StorageOS|Vsphere|NodeConfig|ConfigMapNodeConfig|NodeAllocatableResource|PodExtendedResource/;

test("every text is about a type and a member that exist", () => {
  const surplus: string[] = [];
  for (const [name, texts] of Object.entries(written.types)) {
    const members = new Set(Object.keys(types.resolve(openApiTypeName(name)).properties ?? {}));
    for (const member of Object.keys(texts)) {
      if (member !== "" && !members.has(member)) surplus.push(`${name}.${member}`);
    }
  }
  expect(surplus).toEqual([]);
});

test("nothing is written about twice", () => {
  expect(scanJson(text)).toEqual([]);
});

test("every type and member that the embedded cluster supports has a text", () => {
  const missing: string[] = [];
  for (const name of tableTypeNames()) {
    if (UNSUPPORTED.test(name)) continue;
    if (describeType(name) === undefined) missing.push(name);
    const properties = types.resolve(openApiTypeName(name)).properties ?? {};
    for (const [member, schema] of Object.entries(properties)) {
      if (describeField(name, member, schema) === undefined) missing.push(`${name}.${member}`);
    }
  }
  expect(missing).toEqual([]);
});
