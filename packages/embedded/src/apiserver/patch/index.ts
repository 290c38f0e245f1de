export { applyJsonPatch } from "./json-patch.ts";
export { applyMergePatch } from "./merge-patch.ts";
export { applyServerSide } from "./apply-server-side.ts";
export type { ApplyOptions } from "./apply-server-side.ts";
export { recordUpdate } from "./record-update.ts";
export type { RecordUpdateOptions } from "./record-update.ts";
export { applyStrategicMergePatch } from "./strategic-merge-patch.ts";
