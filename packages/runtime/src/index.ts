export { createRuntimeServer } from "./server.ts";
export { readSettings, type Settings } from "./settings.ts";
