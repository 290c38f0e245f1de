/** `restore.ts URL JSON`: puts ready sandboxes with their pods into etcd. */
import { storedPod, storedSandbox, type Restored } from "../restored-sandboxes.ts";
import { askEtcd, base64 } from "./etcd-client.ts";

/** etcd takes 128 operations at once. */
const PAIRS = 60;

const [url = "", json = "{}"] = process.argv.slice(2);
const options = JSON.parse(json) as Restored;
for (let first = options.first ?? 0; first < options.count; first += PAIRS) {
  const success = [];
  for (let index = first; index < Math.min(first + PAIRS, options.count); index++) {
    for (const [key, object] of [storedSandbox(options, index), storedPod(options, index)] as const) {
      success.push({ requestPut: { key: base64(key), value: base64(JSON.stringify(object)) } });
    }
  }
  await askEtcd(url, "/v3/kv/txn", { success });
}
