import type { Candidate } from "./candidates/candidate.ts";
import { NODE_UNDICI } from "./candidates/node-undici.ts";
import type { Contest } from "./rounds.ts";
import { SANDGATE } from "./variants.ts";
import { HALF_LOAD } from "./works/half-load.ts";
import * as requests from "./works/requests.ts";
import * as secure from "./works/secure.ts";
import { EVENT_STREAMS, WEBSOCKET_ECHO } from "./works/streams.ts";
import { DOWNLOAD, DOWNLOADS, UPLOAD } from "./works/transfers.ts";
import type { Work } from "./works/work.ts";

/** Who takes part in what. */
export interface Participants {
  /** Without TLS. */
  readonly rivals: readonly Candidate[];
  readonly secure: readonly Candidate[];
  readonly variants: readonly Candidate[];
  readonly growing: readonly Candidate[];
}

/** The small GET, but of Sandgate alone: with a part more or less, and with ever more routes. */
export const PRICES: Work = { ...requests.SMALL_GET, name: "prices", title: "what the parts cost" };
export const GROWING: Work = { ...requests.SMALL_GET, name: "flat", title: "ever more routes" };

/** Of the short form: nginx and Sandgate, but for the small GET. */
export function quickContests(rivals: readonly Candidate[]): Contest[] {
  const some = rivals.filter(({ title }, index) => index === 0 || title === SANDGATE);
  const works = [
    requests.SMALL_GET_FEW,
    requests.SMALL_POST,
    requests.MIDDLE_GET,
    requests.CONNECTION_EACH,
    WEBSOCKET_ECHO,
    EVENT_STREAMS,
    DOWNLOAD,
    UPLOAD,
    HALF_LOAD,
  ];
  return [
    { work: requests.SMALL_GET, candidates: rivals },
    ...works.map((work) => ({ work, candidates: some })),
  ];
}

export function fullContests({ rivals, secure: withTls, variants, growing }: Participants): Contest[] {
  // What is slowest by far takes no part in all of it.
  const most = rivals.filter(({ title }) => title !== NODE_UNDICI);
  const http2 = rivals.filter(({ http2Port }) => http2Port !== null);
  return [
    { work: requests.SMALL_GET, candidates: rivals },
    { work: requests.SMALL_GET_FEW, candidates: most, seldom: true },
    { work: requests.SMALL_POST, candidates: most, seldom: true },
    { work: requests.MIDDLE_GET, candidates: rivals },
    { work: requests.CONNECTION_EACH, candidates: rivals },
    { work: WEBSOCKET_ECHO, candidates: rivals },
    { work: EVENT_STREAMS, candidates: most, seldom: true },
    { work: DOWNLOAD, candidates: rivals },
    { work: DOWNLOADS, candidates: most, seldom: true },
    { work: UPLOAD, candidates: rivals },
    { work: HALF_LOAD, candidates: rivals },
    { work: requests.CONNECTIONS_512, candidates: most, seldom: true },
    { work: requests.connectionsMany(), candidates: most, seldom: true },
    // Those that have just lost so many connections get time to see to it: what comes next is done by other processes.
    { work: secure.TLS_GET, candidates: withTls },
    { work: secure.TLS_HANDSHAKES, candidates: withTls },
    { work: secure.TLS_RESUMED, candidates: withTls, seldom: true },
    { work: secure.TLS_HTTP_2, candidates: withTls },
    { work: GROWING, candidates: growing, seldom: true },
    { work: secure.CLEAR_HTTP_2, candidates: http2, seldom: true },
    { work: PRICES, candidates: [...rivals.filter(({ title }) => title === SANDGATE), ...variants] },
  ];
}
