/** What an error code means wherever it appears: HTTP answers, logs, exit messages, documentation. */
export interface ErrorEntry {
  /** HTTP status of the gateway's answer. */
  readonly status: number;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  readonly title: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Every error that Sandgate itself answers. The one table: status, documentation and types come from it. */
export const ERROR_CATALOGUE = {
  ADDRESS_MALFORMED: {
    status: 400,
    retryable: false,
    title: "Malformed address",
    remedy:
      "Write /{user}/{sandbox}/… or /{user}/{sandbox}:{port}/…, without percent-encoding in the first two parts.",
  },
  PORT_AMBIGUOUS: {
    status: 400,
    retryable: false,
    title: "Which port?",
    remedy:
      "Name one in the address, as in /alice/box:8000/, or set the annotation sandgate.dev/port on the Sandbox.",
  },
  REQUEST_MALFORMED: {
    status: 400,
    retryable: false,
    title: "Malformed request",
    remedy: "Send an HTTP/1.1 request with one valid Host.",
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    title: "Who are you?",
    remedy: "Send an API key as Authorization: Bearer KEY, as the password of Basic, or as Sandgate-Key.",
  },
  FORBIDDEN: {
    status: 403,
    retryable: false,
    title: "Not yours",
    remedy: "A caller reaches the sandboxes of the user he is; a key with the role admin reaches all.",
  },
  HOST_FORBIDDEN: {
    status: 403,
    retryable: false,
    title: "Foreign host name",
    remedy: "Use the address that the gateway listens on, or name this one with --public-url.",
  },
  ORIGIN_FORBIDDEN: {
    status: 403,
    retryable: false,
    title: "Request from another site's page",
    remedy: "Name the page's origin with --allow-origin if it is yours.",
  },
  PAGE_NEEDS_ORIGIN: {
    status: 403,
    retryable: false,
    title: "A page needs an origin of its own",
    remedy:
      "Open the sandbox under its own host name (--base-domain gives every one an own), or start the gateway with --path-mode-pages.",
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    retryable: false,
    title: "No such page",
    remedy: "The gateway's own pages are /health, /healthz, /readyz and /sandboxes.",
  },
  SANDBOX_NOT_FOUND: {
    status: 404,
    retryable: false,
    title: "No such sandbox",
    remedy: "GET /sandboxes lists those you can reach.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    retryable: false,
    title: "Method not allowed",
    remedy: "CONNECT and TRACE are not passed on.",
  },
  REQUEST_TOO_SLOW: {
    status: 408,
    retryable: true,
    title: "The request did not come in time",
    remedy: "Send URL and headers at once, and go on sending the body once it is begun.",
  },
  ADDRESS_CONFLICT: {
    status: 409,
    retryable: false,
    title: "Two sandboxes claim this address",
    remedy: "Rename or delete the younger one; the older keeps the address.",
  },
  SANDBOX_REPLACED: {
    status: 409,
    retryable: false,
    title: "Another sandbox has this name or address now",
    remedy:
      "What X-Sandbox-UID or X-Sandbox-Pod-IP means is not the sandbox that is named; look up the new one, or leave the header out.",
  },
  REQUEST_BODY_TOO_LARGE: {
    status: 413,
    retryable: false,
    title: "Body too long",
    remedy:
      "Send less at once. The gateway's maxBodyBytes or the Sandbox's annotation sandgate.dev/max-body says how much is taken.",
  },
  URL_TOO_LONG: {
    status: 414,
    retryable: false,
    title: "URL too long",
    remedy:
      "Shorten it: what is long belongs in the request's body. The gateway's maxUrlBytes says how much is taken.",
  },
  EXPECTATION_FAILED: {
    status: 417,
    retryable: false,
    title: "An expectation nobody knows",
    remedy: "Send Expect: 100-continue or no Expect.",
  },
  SANDBOX_BUSY: {
    status: 429,
    retryable: true,
    title: "Too many requests at once",
    remedy:
      "Wait for some of them to end; the gateway's maxInFlightPerSandbox says how many one sandbox may have.",
  },
  REQUEST_HEAD_TOO_LARGE: {
    status: 431,
    retryable: false,
    title: "URL and headers too long",
    remedy: "Shorten the URL, the cookies or the other headers; what is long belongs in the request's body.",
  },
  CLIENT_GONE: {
    status: 499,
    retryable: true,
    title: "The client went before its answer was complete",
    remedy:
      "Only logs and metrics tell it. Look for the client's own time-out, or a proxy's in front of the gateway.",
  },
  UPGRADE_UNSUPPORTED: {
    status: 501,
    retryable: false,
    title: "No upgrade on this port",
    remedy:
      "A port that speaks HTTP/2 takes no WebSockets and no other upgrades. Serve them on another port, or take this one out of sandgate.dev/h2c-ports.",
  },
  BROKEN: {
    status: 502,
    retryable: true,
    title: "The sandbox broke the connection",
    remedy:
      "Look at its log: sandgate logs SANDBOX. A request that is not idempotent may have been carried out.",
  },
  REFUSED: {
    status: 502,
    retryable: true,
    title: "The sandbox refuses connections",
    remedy:
      "Nothing listens on that port in the sandbox; check the port, or wait until its program has started.",
  },
  UNREACHABLE: {
    status: 502,
    retryable: true,
    title: "The sandbox cannot be reached",
    remedy: "Its pod has an address that does not answer; look at the pod and at network policies.",
  },
  SANDBOX_NOT_READY: {
    status: 503,
    retryable: true,
    title: "The sandbox is not ready",
    remedy: "Wait as Retry-After says. A suspended sandbox needs operatingMode: Running.",
  },
  SANDBOX_ENDED: {
    status: 503,
    retryable: false,
    title: "The sandbox has ended",
    remedy:
      "Waiting does not help. See why with sandgate logs SANDBOX or kubectl describe, then delete it and make it anew.",
  },
  CIRCUIT_OPEN: {
    status: 503,
    retryable: true,
    title: "The sandbox's address does not answer",
    remedy:
      "The last connections to its pod got no answer, so it is left alone for a moment. Wait as Retry-After says; look at the pod, its node and network policies.",
  },
  NOT_SYNCED: {
    status: 503,
    retryable: true,
    title: "The gateway does not know the sandboxes yet",
    remedy: "It has just started, or cannot reach the API server; GET /health says which.",
  },
  DRAINING: {
    status: 503,
    retryable: true,
    title: "The gateway is shutting down",
    remedy: "Send the request again; another replica answers.",
  },
  TOO_SLOW: {
    status: 504,
    retryable: true,
    title: "The sandbox is too slow",
    remedy: "It took the request and sent no answer in time. The request may have been carried out.",
  },
  INTERNAL: {
    status: 500,
    retryable: false,
    title: "A defect of the gateway",
    remedy: "Report it with the request id.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
