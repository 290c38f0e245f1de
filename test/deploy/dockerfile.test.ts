import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { gatewayImage } from "../../scripts/image/gateway-image.ts";

const dockerfile = readFileSync(
  join(import.meta.dirname, "..", "..", "deploy", "image", "Dockerfile"),
  "utf8",
);

/** Building it takes an engine and its base image, so what it says is compared with what `npm run image` makes. */
it("the Dockerfile says of its image what npm run image says of its own", async () => {
  const { config } = await gatewayImage();
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  const said = (instruction: string): string =>
    new RegExp(`^${instruction} (.*)$`, "m").exec(lastStage)?.[1] ?? "";
  expect(said("FROM")).toBe("scratch");
  expect(said("USER")).toBe(config.User);
  expect(said("ENV").split(" ")).toEqual(config.Env);
  expect(said("WORKDIR")).toBe(config.WorkingDir);
  expect({ [`${said("EXPOSE")}/tcp`]: {} }).toEqual(config.ExposedPorts);
  expect(JSON.parse(said("ENTRYPOINT"))).toEqual(config.Entrypoint);
  expect(JSON.parse(said("CMD"))).toEqual(config.Cmd);
});

it("the Dockerfile's last stage takes its files by COPY, the only instruction that reaches another stage", () => {
  const lines = dockerfile.split("\n").filter((line) => line.includes("--from="));
  expect(lines).not.toEqual([]);
  for (const line of lines) expect(line).toMatch(/^COPY --from=build /);
});
