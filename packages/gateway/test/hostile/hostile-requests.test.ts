/**
 * Every message of the corpus against a gateway in front of a server that takes everything. What is refused is answered and
 * does not arrive; what passes arrives as the reference parser reads it, well-formed, and nothing else does.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openHostileBench, type HostileBench } from "./hostile-bench.ts";
import { problemsOf, send } from "./judge-request.ts";
import { LenientUpstream } from "./lenient-upstream.ts";
import { HOSTILE_REQUESTS } from "./requests/corpus.ts";

const upstream = new LenientUpstream();
let bench: HostileBench;
beforeAll(async () => {
  bench = await openHostileBench(await upstream.listen());
});
afterAll(async () => {
  await bench.close();
  await upstream.close();
});

describe.each(Object.entries(HOSTILE_REQUESTS))("hostile requests: %s", (_subject, requests) => {
  it.each(requests.map((request) => [`${request.id}: ${request.what}`, request] as const))(
    "%s",
    async (_title, request) => {
      expect(problemsOf(request, await send(bench.port, upstream, request))).toEqual([]);
    },
  );
});
