/** Header names of ours, in lower case as Node.js gives them. */
export const HEADER_ERROR = "sandgate-error";
export const HEADER_KEY = "sandgate-key";
export const HEADER_REQUEST_ID = "x-request-id";

/** Headers that address a sandbox on the router's listener: upstream's router protocol. */
export const HEADER_SANDBOX_ID = "x-sandbox-id";
export const HEADER_SANDBOX_NAMESPACE = "x-sandbox-namespace";
export const HEADER_SANDBOX_PORT = "x-sandbox-port";
export const HEADER_SANDBOX_UID = "x-sandbox-uid";
export const HEADER_SANDBOX_POD_IP = "x-sandbox-pod-ip";
export const HEADER_SANDBOX_TIMEOUT = "x-sandbox-timeout";
/** What all of them begin with; none of them, known or not, is passed on. */
export const HEADER_SANDBOX_PREFIX = "x-sandbox-";
