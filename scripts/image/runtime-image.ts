import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildRuntime } from "@sandgate/runtime/build";
import type { Image } from "./image-archive.ts";
import type { TarEntry } from "./tar.ts";
import { treeEntries } from "./tree-entries.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SUITE = "bookworm";
const PACKAGES = ["ca-certificates", "python3"];
/** As a first user of Debian has it. */
const USER = 1000;
/** What differs from one installation to the next, what the container runtime brings, and what nobody reads here. */
const LEFT_OUT =
  /^(?:dev\/.*|proc\/.*|sys\/.*|run\/.*|tmp\/.*|var\/cache\/.*|var\/log\/.*|var\/lib\/apt\/lists\/.*|var\/lib\/dpkg\/.*-old|etc\/(?:hostname|resolv\.conf|machine-id|.*-)|usr\/share\/(?:man|locale|info)\/.*|usr\/share\/doc\/(?:.*\/)?(?!copyright$)[^/]*\.[^/]*)$/;
/** Databases of users: made anew below, or dated by the day of the installation. */
const USERS = /^etc\/(?:passwd|group|shadow|gshadow)$/;

/**
 * The image that sandboxes of the documentation run: a minimal Debian with sh and python3, Node.js, and the runtime that
 * answers on port 8888. Made by debootstrap, so it takes root and a Debian mirror.
 *
 * @throws Error with what debootstrap said.
 */
export async function runtimeImage(): Promise<Image> {
  const { version } = JSON.parse(readFileSync(join(root, "packages", "runtime", "package.json"), "utf8")) as {
    version: string;
  };
  const system = mkdtempSync(join(tmpdir(), "sandgate-debian-"));
  try {
    debootstrap(system);
    const runtime = readFileSync(await buildRuntime());
    const entries: TarEntry[] = [
      ...treeEntries(system, (path) => !LEFT_OUT.test(path) && !USERS.test(path)),
      ...users(system),
      { type: "file", path: "usr/bin/node", mode: 0o755, content: readFileSync(process.execPath) },
      { type: "folder", path: "opt/sandgate", mode: 0o755 },
      { type: "file", path: "opt/sandgate/sandgate-runtime.mjs", mode: 0o644, content: runtime },
      { type: "folder", path: "workspace", mode: 0o755, uid: USER, gid: USER },
    ];
    return {
      name: `sandgate.dev/runtime:${version}`,
      entries,
      config: {
        User: `${USER}:${USER}`,
        Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/workspace", "SANDGATE_WORKSPACE=/workspace"],
        Entrypoint: ["/usr/bin/node", "/opt/sandgate/sandgate-runtime.mjs"],
        WorkingDir: "/workspace",
        ExposedPorts: { "8888/tcp": {} },
        Labels: {
          "org.opencontainers.image.title": "Sandgate sandbox runtime",
          "org.opencontainers.image.version": version,
          "org.opencontainers.image.licenses": "Apache-2.0",
        },
      },
    };
  } finally {
    rmSync(system, { recursive: true, force: true });
  }
}

function debootstrap(folder: string): void {
  const run = spawnSync("debootstrap", ["--variant=minbase", `--include=${PACKAGES.join()}`, SUITE, folder], {
    // Python then compiles files whose bytes do not depend on when.
    env: { ...process.env, SOURCE_DATE_EPOCH: "0", PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (run.status === 0) return;
  if (run.error !== undefined)
    throw new Error(`debootstrap cannot be started: ${run.error.message}. Install the package debootstrap.`);
  throw new Error(`debootstrap failed (it takes root and a Debian mirror):\n${run.stdout}${run.stderr}`);
}

/** Debian's users and ours, none of whom has a password. */
function users(system: string): TarEntry[] {
  const read = (name: string): string => readFileSync(join(system, "etc", name), "utf8");
  const passwd = `${read("passwd")}sandbox:x:${USER}:${USER}:sandbox:/workspace:/bin/sh\n`;
  const group = `${read("group")}sandbox:x:${USER}:\n`;
  const names = passwd
    .trimEnd()
    .split("\n")
    .map((line) => line.split(":", 1)[0]);
  const shadow = names.map((name) => `${name}:*:1:0:99999:7:::\n`).join("");
  const file = (name: string, mode: number, text: string): TarEntry => ({
    type: "file",
    path: `etc/${name}`,
    mode,
    content: Buffer.from(text),
  });
  return [file("passwd", 0o644, passwd), file("group", 0o644, group), file("shadow", 0o600, shadow)];
}
