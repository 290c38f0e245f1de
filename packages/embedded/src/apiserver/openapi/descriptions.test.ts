import { expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { openApiTypeName, tableTypeNames } from "../tables/kubernetes-types.ts";
import { CLUSTER } from "./descriptions/cluster.ts";
import { CONTAINERS } from "./descriptions/container.ts";
import { EVENTS } from "./descriptions/event.ts";
import { EXTENSIONS } from "./descriptions/extension.ts";
import { META } from "./descriptions/meta.ts";
import { NETWORK } from "./descriptions/network.ts";
import { POD } from "./descriptions/pod.ts";
import { REVIEWS } from "./descriptions/review.ts";
import { VOLUMES } from "./descriptions/volume.ts";
import { describeField, describeType } from "./descriptions.ts";

const parts = [CLUSTER, CONTAINERS, EVENTS, EXTENSIONS, META, NETWORK, POD, REVIEWS, VOLUMES];
const types = createSchemaTable();

/** Volumes and other things of makers that the embedded node does not support. */
const UNSUPPORTED =
  /AWSElastic|Azure|Ceph|Cinder|FCVolume|Flex|Flocker|GCE|GitRepo|Gluster|ISCSI|Photon|Portworx|Quobyte|RBD|ScaleIO|StorageOS|Vsphere|NodeConfig|ConfigMapNodeConfig|NodeAllocatableResource|PodExtendedResource/;

test("every text is about a type and a member that exist", () => {
  const surplus: string[] = [];
  for (const [name, texts] of parts.flatMap((part) => Object.entries(part))) {
    const members = new Set(Object.keys(types.resolve(openApiTypeName(name)).properties ?? {}));
    for (const member of Object.keys(texts)) {
      if (member !== "" && !members.has(member)) surplus.push(`${name}.${member}`);
    }
  }
  expect(surplus).toEqual([]);
});

test("no type is written about twice", () => {
  const names = parts.flatMap((part) => Object.keys(part));
  expect(names.length).toBe(new Set(names).size);
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
