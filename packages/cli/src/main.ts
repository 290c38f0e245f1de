#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Keeps compiled sources on disk between runs: half of the time to the first answer would go into compiling them.
enableCompileCache();
const { run } = await import("./run.ts");
process.exitCode = await run(process.argv.slice(2));
