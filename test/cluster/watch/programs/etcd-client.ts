/** etcd's JSON gateway, as far as the tests need it. Runs inside a cluster's namespace, where alone etcd listens. */

/** @throws Error with etcd's answer where it refuses. */
export async function askEtcd(url: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${path}: ${await response.text()}`);
  return response.json();
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
