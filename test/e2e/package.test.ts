import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDataDir } from "../support/sandgate-up.ts";

const command = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "packages", "cli");

/** The package as somebody gets it: packed, then installed into an empty folder, with an empty cache and no registry. */
describe("the published package", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-package-"));
  const installed = join(folder, "installed");

  beforeAll(() => {
    npm(command, ["pack", "--pack-destination", folder]);
    const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    npm(folder, ["install", "--offline", "--prefix", installed, join(folder, archive)]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is one package that depends on no other", () => {
    const { packages } = JSON.parse(
      readFileSync(join(installed, "node_modules", ".package-lock.json"), "utf8"),
    ) as { packages: object };
    expect(Object.keys(packages)).toEqual(["node_modules/sandgate"]);
  });

  it("brings the licences of what is bundled into it", () => {
    const notices = readFileSync(
      join(installed, "node_modules", "sandgate", "dist", "THIRD-PARTY-NOTICES"),
      "utf8",
    );
    for (const name of ["commander", "undici", "zod", "@peculiar/x509", "@fastify/busboy", "@bufbuild/cel"]) {
      expect(`\n${notices}`).toContain(`\n${name} `);
    }
  });

  it("says its version and the flags of the gateway", () => {
    expect(npm(installed, ["exec", "--offline", "--", "sandgate", "version"])).toMatch(
      /^sandgate \d+\.\d+\.\d+ \(Node/,
    );
    expect(npm(installed, ["exec", "--offline", "--", "sandgate", "gateway", "--help"])).toContain(
      "--api-keys <file>",
    );
  });

  it("reads a configuration file", () => {
    const file = join(folder, "config.yaml");
    writeFileSync(file, "port: 8080\nhost: [1]\n");
    const run = spawnSync(
      join(installed, "node_modules", ".bin", "sandgate"),
      ["gateway", "--config", file],
      {
        encoding: "utf8",
      },
    );
    expect(run.stderr).toContain("host");
    expect(run.stderr).not.toContain("cannot be used");
  });

  it("loads the embedded cluster for the command that starts it, and for no other", () => {
    const dist = join(installed, "node_modules", "sandgate", "dist");
    const files = readdirSync(dist);
    const holds = (name: string): boolean =>
      loadedAtOnce(dist, name).some((text) => text.includes("// packages/embedded/src/node/start-node.ts"));
    const commands = ["run", "up", "gateway", "create", "exec"].map((name) => {
      const file = files.find((candidate) => candidate.startsWith(name) && candidate.endsWith(".mjs"));
      return [name, holds(file ?? "")];
    });
    expect(Object.fromEntries(commands)).toEqual({
      run: false,
      up: true,
      gateway: false,
      create: false,
      exec: false,
    });
  });

  it("brings up the embedded cluster, and the documented request is answered", async () => {
    const dataDir = makeDataDir();
    const up = spawn(
      join(installed, "node_modules", ".bin", "sandgate"),
      ["up", "--demo", "--port", "0", "--data-dir", dataDir],
      { cwd: installed, stdio: ["ignore", "pipe", "inherit"] },
    );
    const exit = once(up, "exit");
    try {
      const url = await readyUrl(up.stdout);
      const response = await fetch(`${url}/alice/my-sandbox/execute`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ command: 'python3 -c "print(6*7)"' }),
      });
      expect(await response.json()).toEqual({ stdout: "42\n", stderr: "", exit_code: 0 });
      const command = ["exec", "--data-dir", dataDir, "alice/my-sandbox", "--", "echo", "hello"];
      expect(npm(installed, ["exec", "--offline", "--", "sandgate", ...command])).toBe("hello\n");
    } finally {
      up.kill("SIGINT");
      await exit;
      rmSync(dataDir, { recursive: true, force: true });
    }
    expect(up.exitCode).toBe(0);
  });

  /** @throws Error with what npm said, where it failed. */
  function npm(cwd: string, args: readonly string[]): string {
    const run = spawnSync("npm", args, {
      cwd,
      encoding: "utf8",
      env: { ...process.env, npm_config_cache: join(folder, "cache") },
    });
    if (run.status !== 0) throw new Error(`npm ${args.join(" ")}: ${run.error?.message ?? run.stderr}`);
    return run.stdout;
  }
});

/** Texts of a file of the bundle and of all that its static imports bring. */
function loadedAtOnce(folder: string, first: string): string[] {
  const texts = new Map<string, string>();
  const visit = (name: string): void => {
    if (texts.has(name)) return;
    const text = readFileSync(join(folder, name), "utf8");
    texts.set(name, text);
    for (const [, imported = ""] of text.matchAll(/^(?:import|\} from)\b.*"\.\/([^"]+)";$/gm))
      visit(imported);
  };
  visit(first);
  return [...texts.values()];
}

/** @throws Error where the output ends without the line that says it is ready. */
async function readyUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const match = /^Sandgate .* is ready: (\S+)/.exec(line);
    if (match?.[1] !== undefined) return match[1];
  }
  throw new Error("sandgate up has ended before it was ready");
}
