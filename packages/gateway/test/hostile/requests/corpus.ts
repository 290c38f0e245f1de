/** Every hostile request, by its subject. */
import { chunkEnds, chunkExtensions, chunkSizes } from "./chunks.ts";
import { connectionOptions } from "./connection-options.ts";
import { contentLength } from "./content-length.ts";
import { expectAndUpgrade } from "./expect-and-upgrade.ts";
import { headerNames } from "./header-names.ts";
import { headerValues } from "./header-values.ts";
import { host } from "./host.ts";
import { http10 } from "./http-1.0.ts";
import type { HostileRequest } from "./message.ts";
import { oversize } from "./oversize.ts";
import { pipelining } from "./pipelining.ts";
import { requestLine } from "./request-line.ts";
import { target } from "./target.ts";
import { trailers } from "./trailers.ts";
import { transferEncoding } from "./transfer-encoding.ts";

export const HOSTILE_REQUESTS: Readonly<Record<string, readonly HostileRequest[]>> = {
  "Request line": requestLine,
  Target: target,
  "Header names": headerNames,
  "Header values and line ends": headerValues,
  Host: host,
  "Content-Length": contentLength,
  "Transfer-Encoding": transferEncoding,
  "Chunk sizes": chunkSizes,
  "Chunk extensions": chunkExtensions,
  "Ends of chunks": chunkEnds,
  Trailers: trailers,
  "Connection options": connectionOptions,
  "Expect and Upgrade": expectAndUpgrade,
  "HTTP/1.0": http10,
  "Pipelining and cut messages": pipelining,
  Size: oversize,
};
