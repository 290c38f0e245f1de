/**
 * Loaded with `--import` into the command under test: SIGUSR2 makes something go wrong that no code expects, in the way that
 * `SANDGATE_TEST_UNEXPECTED` names. Threads load it too.
 */
import { isMainThread, threadId } from "node:worker_threads";

const KIND = process.env["SANDGATE_TEST_UNEXPECTED"];
const channel = new BroadcastChannel("sandgate-test-unexpected");
channel.unref();

function fail(where: string): never {
  throw new Error(`a planted error in ${where}`, { cause: new Error("Authorization: Bearer s3cr3t.token") });
}

if (isMainThread) {
  process.on("SIGUSR2", () => {
    if (KIND === "rejection") void Promise.reject(new Error("a planted rejection"));
    else if (KIND === "thread") channel.postMessage("fail");
    else fail("the process");
  });
} else if (threadId > 0) {
  channel.addEventListener("message", () => fail("a thread"));
}
