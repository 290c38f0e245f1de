/** `npm run image [-- gateway|runtime] [FILE]`: makes an image as an archive, without an engine. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gatewayImage } from "./gateway-image.ts";
import { imageArchive, type Image } from "./image-archive.ts";
import { runtimeImage } from "./runtime-image.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const IMAGES: Readonly<Record<string, () => Promise<Image>>> = {
  gateway: gatewayImage,
  runtime: runtimeImage,
};

const [kind = "gateway", target = join(root, "dist", `sandgate-${kind}.tar`)] = process.argv.slice(2);
const make = IMAGES[kind];
if (make === undefined) {
  process.stderr.write(`image: ${kind} is none of ${Object.keys(IMAGES).join(", ")}\n`);
  process.exit(2);
}
const image = await make();
const archive = imageArchive(image, Number(process.env["SOURCE_DATE_EPOCH"] ?? 0));
const path = resolve(target);
mkdirSync(dirname(path), { recursive: true });
// Written beside and renamed, so that one cut short leaves no half an image.
writeFileSync(`${path}.part`, archive);
renameSync(`${path}.part`, path);
process.stdout.write(`${image.name}  ${path}  (${(archive.length / 1e6).toFixed(0)} MB)\n`);
