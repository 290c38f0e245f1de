/** Images of the tests, made from files: no registry is asked and no engine needed. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { spawnSync } from "node:child_process";
import type { Binaries } from "../binaries/cluster-binaries.ts";
import type { ClusterNamespace } from "./namespace.ts";
import { containerdSocket, PAUSE_IMAGE } from "./programs/node.ts";

/** Loads an image archive into the cluster's containerd. */
export function importImage(inside: ClusterNamespace, folder: string, archive: string): void {
  inside.run("ctr", [
    "--address",
    containerdSocket(folder),
    "--namespace",
    "k8s.io",
    "images",
    "import",
    archive,
  ]);
}

/** The image of the container that holds a pod's namespaces. */
export function pauseImage(folder: string, binaries: Binaries): Promise<string> {
  return packImage(folder, PAUSE_IMAGE, ["/pause"], { "/pause": binaries("pause") });
}

/**
 * An image archive as `docker save` writes it, with one layer.
 *
 * @param files - Files of this machine by their path in the image.
 * @returns Path of the archive, in `folder`.
 */
export async function packImage(
  folder: string,
  name: string,
  entrypoint: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const stage = mkdtempSync(join(folder, "image-"));
  try {
    const root = join(stage, "root");
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      const real = realpathSync(source);
      copyFileSync(real, join(root, path));
      chmodSync(join(root, path), statSync(real).mode);
    }
    for (const name of ["tmp", "workspace"]) {
      mkdirSync(join(root, name));
      chmodSync(join(root, name), 0o1777);
    }
    const out = join(stage, "out");
    mkdirSync(out);
    tar(join(out, "layer.tar"), root);
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(out, "layer.tar")), hash);
    const config = {
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: {
        WorkingDir: "/workspace",
        Entrypoint: entrypoint,
        Env: ["PATH=/usr/local/bin:/usr/bin:/bin"],
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${hash.digest("hex")}`] },
    };
    writeFileSync(join(out, "config.json"), JSON.stringify(config));
    const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
    writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest));
    const archive = join(folder, `${name.replaceAll(/[^a-z0-9.]/g, "-")}.tar`);
    tar(archive, out);
    return archive;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function tar(archive: string, folder: string): void {
  const stable = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  const run = spawnSync("tar", ["--create", ...stable, "--file", archive, "--directory", folder, "."], {
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`tar of ${folder}: ${run.stderr}`);
}
