import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { neededRights } from "./needed-rights.ts";

it("asks for the very rights that the manifests give the gateway", () => {
  const file = join(import.meta.dirname, "..", "..", "..", "..", "deploy", "kustomize", "base", "rbac.yaml");
  const roles = parseAllDocuments(readFileSync(file, "utf8")).map(
    (one) =>
      one.toJS() as {
        kind: string;
        metadata: { name: string };
        rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
      },
  );
  const role = roles.find(
    ({ kind, metadata }) => kind === "ClusterRole" && metadata.name === "sandgate-gateway",
  );
  const given = role?.rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb }))),
    ),
  );
  expect(neededRights(false)).toEqual(given);
});
