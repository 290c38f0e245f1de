// Where a worker of the gateway begins. Plain JavaScript, as what it imports then comes from the compile cache.
import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";

if (workerData.compileCache !== undefined) enableCompileCache(workerData.compileCache);
await import("./gateway-worker.ts");
