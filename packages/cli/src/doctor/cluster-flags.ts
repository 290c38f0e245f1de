/** How a command that is told to somebody touches the cluster that was looked at, and no other. */
export interface ClusterFlags {
  /** Path of the kubeconfig; null where kubectl and sandgate find the cluster by themselves. */
  kubeconfig: string | null;
  context: string | null;
  /** Data folder of the embedded cluster, null where it was not named. */
  dataDir: string | null;
}

/** The line with the flags put in behind every `kubectl` and `sandgate` that begins a command. */
export function withClusterFlags(line: string, { kubeconfig, context, dataDir }: ClusterFlags): string {
  const flag = (name: string, value: string | null): string =>
    value === null ? "" : ` ${name} ${quoted(value)}`;
  const kubectl = flag("--kubeconfig", kubeconfig) + flag("--context", context);
  const ours = dataDir === null ? kubectl : flag("--data-dir", dataDir);
  return line
    .replaceAll(/(^|(?:&&|\||;) )kubectl /g, (_whole, before: string) => `${before}kubectl${kubectl} `)
    .replace(/^(sandgate \w+) /, (_whole, command: string) => `${command}${ours} `);
}

/** As a shell reads it back. */
function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
