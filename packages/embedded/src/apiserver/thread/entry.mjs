// Where the thread begins. Plain JavaScript, as what it imports then comes from the compile cache: the compiler that
// removes types is not even loaded, which saves 15 MB and half the start.
import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";

if (workerData.compileCache !== undefined) enableCompileCache(workerData.compileCache);
await import("./main.ts");
