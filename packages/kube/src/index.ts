export * from "./client/resource.ts";
export type * from "./client/kube-client.ts";
export * from "./reflector/informer.ts";
export type * from "./config/cluster-access.ts";
