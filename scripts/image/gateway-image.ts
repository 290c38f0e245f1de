import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCommand } from "../bundle/bundle-command.ts";
import type { Image } from "./image-archive.ts";
import { librariesOf } from "./libraries.ts";
import type { TarEntry } from "./tar.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const command = join(root, "packages", "cli");
/** Nobody's: the number that images without a user of their own use. */
export const USER = 65_532;
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * The image of the gateway: the bundle, Node.js with the libraries it is linked with, and the few files that they look
 * for. No shell and no package manager, and nothing in it can be written by its user.
 */
export async function gatewayImage(): Promise<Image> {
  const bundle = await bundled();
  const { version } = JSON.parse(readFileSync(join(command, "package.json"), "utf8")) as { version: string };
  const files: Record<string, Buffer> = {
    "etc/passwd": Buffer.from(
      `root:x:0:0:root:/:/sbin/nologin\nsandgate:x:${USER}:${USER}:sandgate:/:/sbin/nologin\n`,
    ),
    "etc/group": Buffer.from(`root:x:0:\nsandgate:x:${USER}:\n`),
    "etc/nsswitch.conf": Buffer.from("passwd: files\ngroup: files\nhosts: files dns\n"),
    [CERTIFICATES.slice(1)]: readFileSync(CERTIFICATES),
    "opt/sandgate/package.json": readFileSync(join(command, "package.json")),
  };
  for (const [name, content] of Object.entries(bundle)) files[`opt/sandgate/dist/${name}`] = content;
  const programs: Record<string, Buffer> = {
    ...nodeFiles(),
    "opt/sandgate/bin/sandgate.js": readFileSync(join(command, "bin", "sandgate.js")),
  };
  const entries: TarEntry[] = [
    ...Object.entries(files).map(
      ([path, content]) => ({ type: "file", path, mode: 0o644, content }) as const,
    ),
    ...Object.entries(programs).map(
      ([path, content]) => ({ type: "file", path, mode: 0o755, content }) as const,
    ),
    { type: "folder", path: "tmp", mode: 0o1777 },
    // Where the container's own file systems are mounted: a read-only root takes no new folder.
    ...["dev", "proc", "sys"].map((path) => ({ type: "folder", path, mode: 0o755 }) as const),
  ];
  return {
    name: `sandgate.dev/gateway:${version}`,
    entries: [...foldersOf(entries), ...entries],
    config: {
      User: `${USER}:${USER}`,
      Env: [
        "PATH=/usr/bin:/bin",
        // In a container loopback is nobody's. The gateway starts there only with keys or an explicit --auth=none.
        "SANDGATE_HOST=0.0.0.0",
        // The root is read-only.
        "NODE_DISABLE_COMPILE_CACHE=1",
      ],
      Entrypoint: ["/usr/bin/node", "/opt/sandgate/bin/sandgate.js"],
      Cmd: ["gateway"],
      WorkingDir: "/",
      ExposedPorts: { "8080/tcp": {} },
      Labels: {
        "org.opencontainers.image.title": "Sandgate gateway",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "Apache-2.0",
      },
    },
  };
}

/** The bundle's files by name. Made in a folder of its own, as the package's may be made anew at the same time. */
async function bundled(): Promise<Record<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-bundle-"));
  try {
    const target = join(folder, "dist");
    await bundleCommand(target);
    return Object.fromEntries(
      readdirSync(target).map((name) => [name, readFileSync(join(target, name))] as const),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node.js as it runs now, and its libraries with what their packages say about their licences. */
export function nodeFiles(): Record<string, Buffer> {
  const files: Record<string, Buffer> = { "usr/bin/node": readFileSync(process.execPath) };
  for (const path of librariesOf(process.execPath)) files[path.slice(1)] = readFileSync(path);
  for (const name of ["libc6", "libgcc-s1", "libstdc++6"]) {
    const licence = `/usr/share/doc/${name}/copyright`;
    if (existsSync(licence)) files[licence.slice(1)] = readFileSync(licence);
  }
  return files;
}

/** The folders that the entries are in and that are not among them. */
export function foldersOf(entries: readonly TarEntry[]): TarEntry[] {
  const there = new Set(entries.map(({ path }) => path));
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders]
    .filter((path) => !there.has(path))
    .map((path) => ({ type: "folder", path, mode: 0o755 }) as const);
}
