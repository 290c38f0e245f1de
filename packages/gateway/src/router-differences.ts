/** One thing that the router's listener does otherwise than upstream's router (agent-sandbox v0.5.6, the one in Go). */
export interface RouterDifference {
  readonly what: string;
  readonly upstream: string;
  readonly sandgate: string;
  readonly reason: string;
}

/** Every one that is known. The reference page and the comparison with the real router read this table. */
export const ROUTER_DIFFERENCES = {
  "pod-ip-of-nobody": {
    what: "`X-Sandbox-Pod-IP` that is no ready sandbox's, or one's that the caller does not reach",
    upstream: "connects to it",
    sandgate: "passes it over; the ID decides, and where it names nothing it is 502",
    reason:
      "Else whoever reaches the router reaches every address that it reaches: other pods, nodes, the API server.",
  },
  "pod-ip-of-another": {
    what: "`X-Sandbox-Pod-IP` of another sandbox than ID and namespace name",
    upstream: "goes to the one with the IP",
    sandgate: "409",
    reason:
      "Pod IPs are given out again: what a client remembers may be another one's by now, and which of the two is meant cannot be told.",
  },
  "uid-for-unknown-id": {
    what: "an ID that names nothing, with the UID of a sandbox and without its pod IP",
    upstream: "goes to that sandbox",
    sandgate: "502",
    reason: "A UID is what the sandbox must have, and no address.",
  },
  "uid-mismatch": {
    what: "`X-Sandbox-UID` that is not the named sandbox's, or not the one's with the pod IP",
    upstream: "goes to the sandbox with the IP, else with the UID, else with the name",
    sandgate: "409",
    reason: "Whoever sends a UID means that one and no other under its name.",
  },
  "unclaimed-by-uid": {
    what: "the UID or the pod IP of a warm pool's member that no claim has taken",
    upstream: "goes there",
    sandgate: "502",
    reason: "It is nobody's yet; whoever got in first could prepare it for whoever claims it.",
  },
  "pod-name": {
    what: "a sandbox whose pod has another name (adopted before v0.3.10)",
    upstream: "502, its table goes by the pod's name",
    sandgate: "goes there",
    reason: "The ID is the name of the Sandbox object.",
  },
  "on-its-way-out": {
    what: "a sandbox that is suspended, or whose pod is being deleted, while the pod is still ready",
    upstream: "goes there",
    sandgate: "502 with the reason",
    reason: "What is begun there ends with the pod.",
  },
  "too-slow": {
    what: "no answer in time, the request may be repeated (GET, HEAD, OPTIONS, PUT, DELETE)",
    upstream: "502",
    sandgate: "504",
    reason: "It could be reached. Upstream's router in Python answers 504 too.",
  },
  "too-slow-once": {
    what: "no answer in time, the request must not be repeated (POST, PATCH)",
    upstream: "502",
    sandgate: "408",
    reason: "Clients repeat a POST on 5xx, up to five times: a slow command would run six times.",
  },
  "broken-once": {
    what: "the connection breaks before the answer, the request must not be repeated",
    upstream: "502",
    sandgate: "424",
    reason: "As above: it may have been carried out.",
  },
  timeout: {
    what: "`X-Sandbox-Timeout`",
    upstream: "not read; 30 s to the first byte",
    sandgate:
      "counts up to `routerTimeoutCapMs`, less a tenth (a second at most); without it `firstByteTimeoutMs`",
    reason: "A client that gives up by itself repeats its command. It gets an answer before.",
  },
  path: {
    what: "a path with `//`, `/./`, `/../` or an encoded `/`",
    upstream: "redirects to the cleaned path; decodes",
    sandgate: "passes it on as it came",
    reason: "Clients take a redirect as an error, and names of files hold encoded slashes.",
  },
  "other-site": {
    what: "a page of another site, or on loopback a foreign `Host`",
    upstream: "passes it on",
    sandgate: "403",
    reason:
      "A page in a browser on the same machine must not reach sandboxes. `--allow-origin` and `--public-url` allow what is yours.",
  },
  method: {
    what: "`TRACE`",
    upstream: "passes it on",
    sandgate: "405",
    reason: "It is for showing a request back, credentials and all.",
  },
  framing: {
    what: "a request with both `Content-Length` and `Transfer-Encoding`, or without one `Host`",
    upstream: "the first is passed on, the second is 400 in plain text",
    sandgate: "400",
    reason: "Two readings of one message are how requests are smuggled.",
  },
  "head-size": {
    what: "a head of more than 16 KiB",
    upstream: "passes it on, up to 1 MiB",
    sandgate: "431",
    reason: "One limit for every listener.",
  },
  "sent-twice": {
    what: "an `X-Sandbox-*` header that is sent twice",
    upstream: "the first counts",
    sandgate: "400 (a time-out: none)",
    reason: "What stands in between may have looked at the other one.",
  },
  headers: {
    what: "what the sandbox sees",
    upstream: "`X-Sandbox-*` and `X-Real-IP` as the client sent them",
    sandgate: "neither; `X-Request-Id` of ours, which is in the answer, too",
    reason: "They are for the router, or would be believed. Upstream's router in Python cuts the first too.",
  },
  retry: {
    what: "a sandbox that refuses connections",
    upstream: "tries four times within 1.4 s",
    sandgate: "502 at once; waits 1.4 s only for one that is not known or just starting",
    reason: "Clients repeat a 502, and nothing was sent.",
  },
} as const satisfies Record<string, RouterDifference>;

export type RouterDifferenceId = keyof typeof ROUTER_DIFFERENCES;
