export { startNode, type NodeHandle, type NodeOptions } from "./start-node.ts";
export { checkNodeSupport, type Problem } from "./preflight.ts";
export type { RuntimeImage } from "./pod/pod-context.ts";
