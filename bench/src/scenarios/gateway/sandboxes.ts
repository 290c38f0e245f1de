/** Addresses that pods have here: loopback, which every system has whole, so that nothing needs to be set up for them. */
export const POD_ADDRESSES: readonly string[] = Array.from(
  { length: 16 },
  (_, index) => `127.0.1.${index + 1}`,
);

/** Which of the two backends a sandbox is: one that only answers, or one that looks at what it gets. */
export type BackendKind = "answering" | "looking";

/** One sandbox as every candidate is told of it. */
export interface BenchSandbox {
  readonly user: string;
  readonly name: string;
  readonly podIp: string;
  readonly kind: BackendKind;
}

/** Sandboxes of the second kind at the end of each list. */
const LOOKING = POD_ADDRESSES.length;

/** Of one user. */
const SANDBOXES_EACH = 100;

/**
 * As many sandboxes as asked for, a hundred of each user, over all pod addresses; the last sixteen (half of them where there are
 * fewer than 32) reach the backend that looks at requests.
 */
export function benchSandboxes(count: number): readonly BenchSandbox[] {
  const users = Math.ceil(count / SANDBOXES_EACH);
  const looking = Math.min(LOOKING, Math.floor(count / 2));
  return Array.from({ length: count }, (_, index) => ({
    user: `user-${index % users}`,
    name: `box-${index}`,
    podIp: POD_ADDRESSES[index % POD_ADDRESSES.length] ?? "",
    kind: index < count - looking ? "answering" : "looking",
  }));
}

/** Every so many-th of a kind, spread over the whole list, at most `most`. */
export function spread(
  sandboxes: readonly BenchSandbox[],
  kind: BackendKind,
  most: number,
): readonly BenchSandbox[] {
  const those = sandboxes.filter((one) => one.kind === kind);
  // Odd, so that every pod address has its turn.
  const step = (Math.max(2, Math.floor(those.length / most) + 1) - 1) | 1;
  return those.filter((_, index) => index % step === 0).slice(0, most);
}

/**
 * As many as asked for, again from the start after the last.
 *
 * @throws Error where there is none.
 */
export function inTurn(sandboxes: readonly BenchSandbox[], count: number): readonly BenchSandbox[] {
  return Array.from({ length: count }, (_, index) => {
    const sandbox = sandboxes[index % sandboxes.length];
    if (sandbox === undefined) throw new Error("there are no sandboxes to send requests to");
    return sandbox;
  });
}
