import { GRPC_CODES, GRPC_STATUS, type SandgateError } from "@sandgate/contract";
import type { OwnAnswer } from "../engine/exchange-plan.ts";
import { commonHeaders } from "./render-error.ts";

/**
 * As a server of gRPC tells an error: status 200 and no body, code and message in the head. A client of gRPC hands both to whoever
 * called it; of another status it would tell the number and nothing else.
 */
export function renderGrpcError(error: SandgateError): OwnAnswer {
  return {
    status: 200,
    headers: {
      "Content-Type": "application/grpc",
      "Grpc-Status": String(GRPC_CODES[GRPC_STATUS[error.code]]),
      "Grpc-Message": grpcMessage(error.message),
      ...commonHeaders(error),
    },
    body: "",
  };
}

/** Bytes outside of visible ASCII, and what introduces them, as `%XX` of UTF-8. */
export function grpcMessage(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
