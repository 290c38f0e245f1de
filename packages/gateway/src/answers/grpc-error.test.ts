import { ERROR_CATALOGUE, GRPC_CODES, GRPC_STATUS, SandgateError, type ErrorCode } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grpcMessage, renderGrpcError } from "./grpc-error.ts";

describe("an error that a client of gRPC gets", () => {
  it("is an answer without a body whose head says all", () => {
    const error = new SandgateError("SANDBOX_NOT_READY", "alice/box is Starting (50 %).", {
      retryAfterSeconds: 1,
    });
    expect(renderGrpcError(error)).toEqual({
      status: 200,
      headers: {
        "Content-Type": "application/grpc",
        "Grpc-Status": "14",
        "Grpc-Message": "alice/box is Starting (50 %25).",
        "Cache-Control": "no-store",
        "Sandgate-Error": "SANDBOX_NOT_READY",
        "Retry-After": "1",
      },
      body: "",
    });
  });

  it("has a code that its library repeats by itself only where it may be repeated", () => {
    for (const code of Object.keys(ERROR_CATALOGUE) as ErrorCode[]) {
      if (GRPC_STATUS[code] === "UNAVAILABLE") expect(ERROR_CATALOGUE[code].retryable, code).toBe(true);
    }
    expect(GRPC_STATUS.TOO_SLOW).not.toBe("UNAVAILABLE");
  });

  it("has the numbers of gRPC's own list", () => {
    expect(GRPC_CODES).toEqual({
      CANCELLED: 1,
      INVALID_ARGUMENT: 3,
      DEADLINE_EXCEEDED: 4,
      NOT_FOUND: 5,
      PERMISSION_DENIED: 7,
      RESOURCE_EXHAUSTED: 8,
      FAILED_PRECONDITION: 9,
      UNIMPLEMENTED: 12,
      INTERNAL: 13,
      UNAVAILABLE: 14,
      UNAUTHENTICATED: 16,
    });
  });

  it("has a message of visible ASCII from which the text is read again, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const message = grpcMessage(text);
        expect(message).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeURIComponent(message)).toBe(text);
      }),
    );
  });
});
