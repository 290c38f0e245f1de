import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp } from "../support/sandgate-up.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LIMIT_BYTES = 150e6;

interface Descriptor {
  digest: string;
}
interface Config {
  config: { User: string; Env: string[]; Entrypoint: string[]; Cmd: string[] };
  rootfs: { diff_ids: string[] };
}

describe("the gateway's image", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-image-"));
  const archive = join(folder, "gateway.tar");
  const files = join(folder, "files");
  let config: Config;
  let layer: Buffer;

  beforeAll(() => {
    makeImage(archive);
    execFileSync("tar", ["-xf", archive, "-C", folder]);
    const read = (path: string): Buffer => readFileSync(join(folder, path));
    const blob = ({ digest }: Descriptor): Buffer => read(`blobs/${digest.replace(":", "/")}`);
    const index = JSON.parse(read("index.json").toString()) as { manifests: [Descriptor] };
    const manifest = JSON.parse(blob(index.manifests[0]).toString()) as {
      config: Descriptor;
      layers: [Descriptor];
    };
    config = JSON.parse(blob(manifest.config).toString()) as Config;
    layer = gunzipSync(blob(manifest.layers[0]));
    mkdirSync(files);
    execFileSync("tar", ["-x", "-C", files], { input: layer });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has the same bytes whenever, and from wherever, it is made from the same sources", () => {
    const again = join(folder, "again.tar");
    makeImage(again, folder);
    expect(sha256(readFileSync(again))).toBe(sha256(readFileSync(archive)));
  });

  it("is named by its version, for containerd and for Docker", () => {
    const { version } = JSON.parse(readFileSync(join(root, "packages", "cli", "package.json"), "utf8")) as {
      version: string;
    };
    const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as object;
    expect(index).toMatchObject({
      manifests: [{ annotations: { "io.containerd.image.name": `sandgate.dev/gateway:${version}` } }],
    });
    const docker = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as object;
    expect(docker).toMatchObject([{ RepoTags: [`sandgate.dev/gateway:${version}`] }]);
  });

  it("is small, and what it unpacks to is what it says", () => {
    expect(layer.length).toBeLessThan(LIMIT_BYTES);
    expect(config.rootfs.diff_ids).toEqual([`sha256:${sha256(layer)}`]);
  });

  it("holds nothing that its user can write but /tmp, and nothing that gives rights", () => {
    const find = (...test: string[]): string[] =>
      execFileSync("find", [files, "-mindepth", "1", ...test, "-printf", "/%P\n"], { encoding: "utf8" })
        .split("\n")
        .filter((path) => path !== "");
    expect(find("-perm", "/022", "!", "-type", "l")).toEqual(["/tmp"]);
    expect(find("-perm", "/6000")).toEqual([]);
  });

  it("serves a cluster as its own user, with no right, on a root that is read-only", async () => {
    expect(config.config.User).toBe("65532:65532");
    await using up = await startSandgateUp({ args: ["--demo"] });
    const namespaces = "--unshare-all --share-net --uid 65532 --gid 65532 --die-with-parent --clearenv";
    const mounts = `--ro-bind ${files} / --proc /proc --dev /dev --tmpfs /tmp --ro-bind ${up.kubeconfig} /tmp/kubeconfig`;
    const flags = "--kubeconfig /tmp/kubeconfig --port 0 --auth none --user-namespaces *";
    const gateway = spawn(
      "bwrap",
      [
        ...`${namespaces} ${mounts}`.split(" "),
        ...config.config.Env.flatMap((variable) => ["--setenv", ...pair(variable)]),
        ...config.config.Entrypoint,
        ...config.config.Cmd,
        ...flags.split(" "),
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const exit = once(gateway, "exit");
    try {
      const port = await listeningPort(gateway.stderr);
      await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
      const response = await fetch(`http://127.0.0.1:${port}/alice/my-sandbox/`);
      expect(response.status).toBe(200);
    } finally {
      gateway.kill("SIGTERM");
      await exit;
    }
  });
});

function makeImage(path: string, cwd: string = root): void {
  execFileSync(process.execPath, [join(root, "scripts", "image", "main.ts"), "gateway", path], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function pair(variable: string): [string, string] {
  const at = variable.indexOf("=");
  return [variable.slice(0, at), variable.slice(at + 1)];
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** @throws Error with what it said, where it ends before it listens. */
async function listeningPort(output: NodeJS.ReadableStream): Promise<number> {
  let said = "";
  for await (const line of createInterface({ input: output })) {
    said += `${line}\n`;
    const port = /listens on http:\/\/[^ ]*:(\d+) /.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`the gateway has ended:\n${said}`);
}
