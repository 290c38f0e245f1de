/** The longest that a timer can wait, in milliseconds. */
export const LONGEST_MS = 2 ** 31 - 1;

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function inSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
