/** What stands for a secret. */
const HIDDEN = "[hidden]";

/**
 * An error for a log: its stack and those of its causes. None of its other properties, which may be a request with its
 * headers; and of a message, what looks like a credential is left out.
 */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  let one = error;
  do {
    seen.add(one);
    parts.push(one instanceof Error ? (one.stack ?? `${one.name}: ${one.message}`) : String(one));
    one = one instanceof Error ? one.cause : undefined;
  } while (one !== undefined && !seen.has(one));
  return withoutCredentials(parts.join("\ncaused by: "));
}

function withoutCredentials(text: string): string {
  return text
    .replace(/-----BEGIN [^-]*PRIVATE KEY-----[^]*?(?:-----END [^-]*PRIVATE KEY-----|$)/g, HIDDEN)
    .replace(/\b(Bearer|Basic) +[\w.~+/=-]+/gi, `$1 ${HIDDEN}`)
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN)
    .replace(/(:\/\/)[^\s/@]+@/g, `$1${HIDDEN}@`);
}
