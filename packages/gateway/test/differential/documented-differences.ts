/**
 * Everything that is not the same when a request goes through the gateway in host form, each with its reason. Whatever else
 * differs is an error. It is the list of docs/reference/data-plane.md as a test reads it.
 */
interface Difference {
  /** Lower-case name of a header. */
  readonly header: string;
  readonly why: string;
}

/** Headers of a request that the sandbox gets and the client has not sent. */
export const ADDED_TO_REQUESTS: readonly Difference[] = [
  { header: "x-forwarded-for", why: "who asks" },
  { header: "x-forwarded-host", why: "under which name" },
  { header: "x-forwarded-proto", why: "by http or https" },
  { header: "x-request-id", why: "names the request in the gateway's log" },
];

/** Headers of a request that the sandbox does not get. */
export const CUT_FROM_REQUESTS: readonly Difference[] = [
  { header: "connection", why: "between client and gateway alone" },
  { header: "keep-alive", why: "between client and gateway alone" },
  { header: "te", why: "between client and gateway alone" },
  { header: "proxy-connection", why: "between client and gateway alone" },
  { header: "trailer", why: "between client and gateway alone; the trailers themselves go on" },
  { header: "x-hop", why: "the tests name it in Connection" },
];

/** Headers of an answer that differ; the gateway's connection to the client is another than the sandbox's to it. */
export const OF_ANSWERS: readonly Difference[] = [
  { header: "connection", why: "between sandbox and gateway alone, and the gateway's own to the client" },
  { header: "keep-alive", why: "between sandbox and gateway alone" },
  { header: "x-request-id", why: "names the request in the gateway's log" },
  {
    header: "transfer-encoding",
    why: "added where the connection's end was the body's, which HTTP/1.1 need not be",
  },
];

/**
 * Headers of an answer that stand behind all others: they are read for what a sandbox must not say. Their own order stays,
 * and that between headers of different names means nothing (RFC 9110, section 5.3).
 */
export const LAST_OF_ANSWERS: readonly Difference[] = [
  { header: "set-cookie", why: "a cookie for a whole domain would reach every sandbox of it" },
];

/** What a header says is another from one second to the next. */
export const CHANGES_WITH_TIME: readonly Difference[] = [
  { header: "date", why: "the server's clock went on between the two" },
];

export function names(...lists: readonly (readonly Difference[])[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.map(({ header }) => header)));
}
