import { fileURLToPath } from "node:url";

/** Stands for `@sandgate/runtime/build` in the bundle: the published package brings the finished file beside its own. */
export function buildRuntime(): Promise<string> {
  return Promise.resolve(fileURLToPath(new URL("sandgate-runtime.mjs", import.meta.url)));
}
