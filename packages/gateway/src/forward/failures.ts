import { SandgateError } from "@sandgate/contract";
import type { ForwardRequest } from "./forwarder.ts";

/**
 * What an error of the connection means. Through a tunnel bytes may be written before the pod's port is reached, and a refusal comes after them.
 */
export function failureOf(
  call: ForwardRequest,
  error: NodeJS.ErrnoException,
  connected: boolean,
): SandgateError {
  return connected && error.code !== "ECONNREFUSED" ? broken(call, error) : dialFailure(call, error);
}

function dialFailure(call: ForwardRequest, error: NodeJS.ErrnoException): SandgateError {
  if (error.code !== "ECONNREFUSED") return unreachable(call, error.message, error);
  const why = `${call.name} refuses connections on port ${call.target.port}.`;
  return new SandgateError("REFUSED", why, { cause: error });
}

/** No connection to the sandbox. */
export function unreachable(call: ForwardRequest, why: string, cause?: Error): SandgateError {
  return new SandgateError(
    "UNREACHABLE",
    `${call.name} cannot be reached: ${why}.`,
    cause === undefined ? {} : { cause },
  );
}

/** The connection ended before the answer. */
export function broken(call: ForwardRequest, error: Error): SandgateError {
  return new SandgateError(
    "BROKEN",
    `${call.name} broke the connection before it answered (${error.message}).`,
    {
      cause: error,
    },
  );
}

/** No answer in time. */
export function tooSlow(call: ForwardRequest, timeoutMs: number): SandgateError {
  return new SandgateError("TOO_SLOW", `${call.name} sent no answer within ${timeoutMs / 1000} s.`);
}
