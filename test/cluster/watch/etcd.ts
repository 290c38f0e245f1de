/** What only etcd itself can be asked, by its JSON gateway. It listens inside the cluster's namespace alone. */
import { ETCD_URL } from "../cluster/programs/facts.ts";
import type { Cluster } from "../cluster/start-cluster.ts";

const COMPACT = `
  const [url] = process.argv.slice(1);
  const post = async (path, body) => {
    const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const key = Buffer.from("/").toString("base64");
  const { header } = await post("/v3/kv/range", { key, count_only: true });
  await post("/v3/kv/compaction", { revision: header.revision, physical: true });
`;

/** Forgets every revision up to now: whoever asks etcd for what changed since an older one gets none of it. */
export function compact(cluster: Cluster): void {
  cluster.namespace.run(process.execPath, ["--input-type=module", "-e", COMPACT, ETCD_URL]);
}
