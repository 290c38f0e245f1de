import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar, type TarEntry } from "./tar.ts";

export interface Image {
  /** `name:tag`, under which it is known after it was loaded. */
  readonly name: string;
  readonly entries: readonly TarEntry[];
  /** How its process is started, in the words of the OCI image specification. */
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd?: readonly string[];
    readonly WorkingDir: string;
    readonly ExposedPorts: Readonly<Record<string, object>>;
    readonly Labels: Readonly<Record<string, string>>;
  };
}

const OCI = "application/vnd.oci.image";
/** Names of processors as images have them, where Node.js has another. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64" };

/**
 * The archive of an image with one layer: an OCI layout that is a Docker archive too, so that containerd, Docker, Podman,
 * skopeo and crane all take it. The same image gives the same bytes.
 *
 * @param epochSeconds - The time that everything in it has.
 */
export function imageArchive({ name, entries, config }: Image, epochSeconds: number): Buffer {
  const created = new Date(epochSeconds * 1000).toISOString();
  const unpacked = tar(entries, epochSeconds);
  const layer = blob(`${OCI}.layer.v1.tar+gzip`, gzipSync(unpacked));
  const settings = blob(
    `${OCI}.config.v1+json`,
    json({
      created,
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: [digest(unpacked)] },
      history: [{ created, created_by: "npm run image" }],
    }),
  );
  const manifest = blob(
    `${OCI}.manifest.v1+json`,
    json({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: settings.descriptor,
      layers: [layer.descriptor],
    }),
  );
  const annotations = {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
  };
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [{ ...manifest.descriptor, annotations }],
  };
  // For Docker, which looks for this file.
  const docker = [{ Config: settings.path, RepoTags: [name], Layers: [layer.path] }];
  return tar(
    [
      folder("blobs"),
      folder("blobs/sha256"),
      ...[layer, settings, manifest].map(({ path, content }) => file(path, content)),
      file("index.json", json(index)),
      file("manifest.json", json(docker)),
      file("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
    ],
    epochSeconds,
  );
}

function blob(mediaType: string, content: Buffer) {
  const name = digest(content);
  return {
    content,
    path: `blobs/${name.replace(":", "/")}`,
    descriptor: { mediaType, digest: name, size: content.length },
  };
}

function digest(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function file(path: string, content: Buffer): TarEntry {
  return { type: "file", path, mode: 0o644, content };
}

function folder(path: string): TarEntry {
  return { type: "folder", path, mode: 0o755 };
}
