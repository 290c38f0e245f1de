/** `compact.ts URL`: forgets every revision up to now. */
import { askEtcd, base64 } from "./etcd-client.ts";

const [url = ""] = process.argv.slice(2);
const range = { key: base64("/"), count_only: true };
const { header } = (await askEtcd(url, "/v3/kv/range", range)) as { header: { revision: string } };
await askEtcd(url, "/v3/kv/compaction", { revision: header.revision, physical: true });
