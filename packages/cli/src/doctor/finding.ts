import { FINDINGS, type FindingId } from "./findings.ts";

/** Names in angle brackets. */
export type Placeholders<Text extends string> = Text extends `${string}<${infer Name}>${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** What a finding's command needs to know: the names in its angle brackets. */
export type FindingValues<Id extends FindingId> = Record<
  Placeholders<(typeof FINDINGS)[Id]["command"]>,
  string
>;

/** One thing that keeps a sandbox, or all of them, from being reached. */
export interface Finding {
  id: FindingId;
  /** What it is about, as `bob/box` or `kube-system/kube-dns`; empty where it is about the cluster. */
  subject: string;
  /** What was seen, without the subject's name: findings that say the same are told together. */
  detail: string;
  /** One line for a shell. */
  command: string;
}

export function finding<Id extends FindingId>(
  id: Id,
  subject: string,
  detail: string,
  values: FindingValues<Id>,
): Finding {
  const command = FINDINGS[id].command.replaceAll(
    /<(\w+)>/g,
    (_whole, name: string) => (values as Record<string, string>)[name] ?? "",
  );
  return { id, subject, detail, command };
}
