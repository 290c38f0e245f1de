export * from "./kubernetes/object.ts";
export * from "./kubernetes/pod.ts";
export * from "./kubernetes/core.ts";
export * from "./kubernetes/label-selector.ts";
export type * from "./sandbox/v1beta1.ts";
export type * from "./sandbox/normal.ts";
export * from "./labels.ts";
export * from "./logger.ts";
