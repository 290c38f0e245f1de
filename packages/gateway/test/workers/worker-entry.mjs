// Plain JavaScript, so that what it imports comes from the compile cache.
import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";

if (workerData.compileCache !== undefined) enableCompileCache(workerData.compileCache);
await import("./worker-entry.ts");
