export * from "./client/resource.ts";
export type * from "./client/kube-client.ts";
export * from "./reflector/informer.ts";
