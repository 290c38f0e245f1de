/**
 * Lists all sandboxes several times, on a thread of its own: reading 20 MB would hold up whoever measures beside it. It
 * says that it is ready and waits for a word, since starting a thread holds up its parent for 20 ms and more.
 */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { createKubeClient, loadKubeconfig } from "@sandgate/kube";

const { kubeconfig, lists, atLeast } = workerData as { kubeconfig: string; lists: number; atLeast: number };
const client = createKubeClient(await loadKubeconfig({ path: kubeconfig, env: {} }));
const times: number[] = [];
if (parentPort === null) throw new Error("this file runs as a worker thread");
parentPort.postMessage("ready");
await once(parentPort, "message");
for (let round = 0; round < lists; round++) {
  const start = performance.now();
  const response = await client.request("/apis/agents.x-k8s.io/v1beta1/sandboxes");
  let bytes = 0;
  let count = 0;
  let rest = "";
  for await (const chunk of response.body) {
    bytes += chunk.length;
    const text = rest + Buffer.from(chunk).toString("latin1");
    count += text.split('"kind":"Sandbox"').length - 1;
    // Shorter than what is looked for, so that nothing is counted twice.
    rest = text.slice(-15);
  }
  times.push(performance.now() - start);
  if (response.status !== 200 || count < atLeast) {
    throw new Error(`list answered ${response.status}, ${count} items, ${bytes} bytes`);
  }
}
await client.close();
parentPort.postMessage(times);
