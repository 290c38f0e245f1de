/** Header names of ours, in lower case as Node.js gives them. */
export const HEADER_ERROR = "sandgate-error";
export const HEADER_KEY = "sandgate-key";
export const HEADER_REQUEST_ID = "x-request-id";

/** Headers of one connection, never passed on (RFC 9110, section 7.6.1, and those in old use). */
export const HOP_BY_HOP_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
