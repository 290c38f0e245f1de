import { createRequire } from "node:module";
import type { CelLibrary } from "../../packages/embedded/src/apiserver/schema/cel/load-cel.ts";

let loaded: CelLibrary | undefined;

/** Stands for the module of that name in the bundle, where the library is a file of its own, as rarely needed as before. */
export function loadCel(): CelLibrary {
  loaded ??= createRequire(import.meta.url)("./cel.cjs") as CelLibrary;
  return loaded;
}
