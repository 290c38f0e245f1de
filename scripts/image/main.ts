/**
 * `npm run image -- [gateway|runtime] [FILE] [--layer]`: makes an image as an archive, without an engine. With `--layer`
 * the files alone, as the Dockerfile unpacks them.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gatewayImage } from "./gateway-image.ts";
import { imageArchive, type Image } from "./image-archive.ts";
import { runtimeImage } from "./runtime-image.ts";
import { tar } from "./tar.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const IMAGES: Readonly<Record<string, () => Promise<Image>>> = {
  gateway: gatewayImage,
  runtime: runtimeImage,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { layer: { type: "boolean", default: false } },
});
const [kind = "gateway", target = join(root, "dist", `sandgate-${kind}.tar`)] = positionals;
const make = IMAGES[kind];
if (make === undefined) {
  process.stderr.write(`image: ${kind} is none of ${Object.keys(IMAGES).join(", ")}\n`);
  process.exit(2);
}
const image = await make();
const epochSeconds = Number(process.env["SOURCE_DATE_EPOCH"] ?? 0);
const archive = values.layer ? tar(image.entries, epochSeconds) : imageArchive(image, epochSeconds);
const path = resolve(target);
mkdirSync(dirname(path), { recursive: true });
// Written beside and renamed, so that one cut short leaves no half an image.
writeFileSync(`${path}.part`, archive);
renameSync(`${path}.part`, path);
process.stdout.write(`${image.name}  ${path}  (${(archive.length / 1e6).toFixed(0)} MB)\n`);
