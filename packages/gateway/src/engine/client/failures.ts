import { SandgateError } from "@sandgate/contract";

/** No connection to the sandbox. */
export function dialFailure(name: string, port: number, error: NodeJS.ErrnoException | null): SandgateError {
  if (error?.code === "ECONNREFUSED") return refused(name, port, error);
  return unreachable(name, error?.message ?? "the connection ended at once", error);
}

export function unreachable(name: string, why: string, cause: Error | null = null): SandgateError {
  return new SandgateError(
    "UNREACHABLE",
    `${name} cannot be reached: ${why}.`,
    cause === null ? {} : { cause },
  );
}

/** Connections before this one got no answer, so none is tried. */
export function leftAlone(name: string, retryAfterSeconds: number): SandgateError {
  return new SandgateError(
    "CIRCUIT_OPEN",
    `${name} did not answer the last connections; the next is tried in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

/**
 * The connection ended before the answer. Through a tunnel bytes are written before the pod's port is reached, and a refusal
 * comes after them.
 */
export function broken(name: string, port: number, error: NodeJS.ErrnoException | null): SandgateError {
  if (error?.code === "ECONNREFUSED") return refused(name, port, error);
  const how = error === null ? "" : ` (${error.message})`;
  return new SandgateError(
    "BROKEN",
    `${name} broke the connection before it answered${how}.`,
    error === null ? {} : { cause: error },
  );
}

/** What came is no answer. */
export function brokenAnswer(name: string, why: string): SandgateError {
  return new SandgateError("BROKEN", `${name} sent no valid answer: ${why}.`);
}

/** No answer in time. */
export function timedOut(name: string, timeoutMs: number): SandgateError {
  return new SandgateError("TOO_SLOW", `${name} sent no answer within ${timeoutMs / 1000} s.`);
}

function refused(name: string, port: number, cause: Error): SandgateError {
  return new SandgateError("REFUSED", `${name} refuses connections on port ${port}.`, { cause });
}
