import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { helmTemplate, kustomize, only, podTemplate } from "./rendered.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { version } = JSON.parse(read("packages/cli/package.json")) as { version: string };

it("every manifest installs the version of these sources", () => {
  const image = (folder: string): string | undefined =>
    podTemplate(only(kustomize(folder), "Deployment")).spec.containers[0]?.image;
  const gateway = `sandgate.dev/gateway:${version}`;
  expect(["base", "dev", "production", "router"].map(image)).toEqual([gateway, gateway, gateway, gateway]);
  const chart = only(helmTemplate("auth.mode=none", "userNamespaces=*"), "Deployment");
  expect(podTemplate(chart).spec.containers[0]?.image).toBe(gateway);
  expect(parse(read("deploy/helm/sandgate/Chart.yaml"))).toMatchObject({ version, appVersion: version });
});

it("every text names the version of these sources", () => {
  const names = ["deploy/image/Dockerfile", "docs/guide/install.md", "examples/sandbox.yaml"].flatMap(
    (path) =>
      [...read(path).matchAll(/(?:sandgate\.dev|sandgate)\/(?:gateway|runtime):(\d\S*?)(?=[`\s]|$)/g)].map(
        ([, tag]) => tag,
      ),
  );
  expect(new Set(names)).toEqual(new Set([version]));
});
