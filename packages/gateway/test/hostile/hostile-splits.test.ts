/**
 * The same messages cut at every byte: the first piece is read before the second is sent. What comes of a message must not
 * depend on how the network cuts it. Long ones are cut at a bounded number of places here, everywhere in the full run.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutsOf } from "./cuts.ts";
import { HostileBackend } from "./hostile-backend.ts";
import { openHostileBench, type HostileBench } from "./hostile-bench.ts";
import { problemsOf, send } from "./judge-request.ts";
import { answerProblems, receive } from "./judge-response.ts";
import { LenientUpstream } from "./lenient-upstream.ts";
import { HOSTILE_REQUESTS } from "./requests/corpus.ts";
import { HOSTILE_RESPONSES } from "./responses/corpus.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
/** Places where one message is cut; spread over it where it has more. */
const PLACES = full ? 1_000 : 40;
/** So many tell what is wrong; more would be the same once again. */
const ENOUGH = 5;
const TIMEOUT_MS = full ? 600_000 : 120_000;

describe("hostile requests in two pieces", () => {
  const upstream = new LenientUpstream();
  let bench: HostileBench;
  beforeAll(async () => {
    bench = await openHostileBench(await upstream.listen());
  });
  afterAll(async () => {
    await bench.close();
    await upstream.close();
  });

  it.each(Object.entries(HOSTILE_REQUESTS))(
    "%s: the same comes of them wherever they are cut",
    async (_subject, requests) => {
      const problems: string[] = [];
      for (const request of requests) {
        if (problems.length >= ENOUGH) break;
        for (const cut of cutsOf(request.bytes.length, PLACES)) {
          const found = problemsOf(request, await send(bench.port, upstream, request, [cut]));
          if (found.length > 0) problems.push(`${request.id} cut at ${cut}: ${found.join("; ")}`);
          if (problems.length >= ENOUGH) break;
        }
      }
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it("comes to the same byte by byte", { timeout: TIMEOUT_MS }, async () => {
    const problems: string[] = [];
    const short = Object.values(HOSTILE_REQUESTS)
      .flat()
      .filter(({ bytes }) => bytes.length < (full ? 4_000 : 160));
    for (const request of short) {
      if (problems.length >= ENOUGH) break;
      const everywhere = Array.from({ length: request.bytes.length - 1 }, (_, index) => index + 1);
      const found = problemsOf(request, await send(bench.port, upstream, request, everywhere));
      if (found.length > 0) problems.push(`${request.id} byte by byte: ${found.join("; ")}`);
    }
    expect(problems).toEqual([]);
  });
});

describe("hostile answers in two pieces", () => {
  const backend = new HostileBackend();
  let bench: HostileBench;
  beforeAll(async () => {
    bench = await openHostileBench(await backend.listen());
  });
  afterAll(async () => {
    await bench.close();
    await backend.close();
  });

  it.each(Object.entries(HOSTILE_RESPONSES))(
    "%s: the same comes of them wherever they are cut",
    async (_subject, responses) => {
      const problems: string[] = [];
      for (const response of responses) {
        if (problems.length >= ENOUGH) break;
        for (const cut of cutsOf(response.bytes.length, PLACES)) {
          const found = answerProblems(response, await receive(bench.port, backend, response, [cut]));
          if (found.length > 0) problems.push(`${response.id} cut at ${cut}: ${found.join("; ")}`);
          if (problems.length >= ENOUGH) break;
        }
      }
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
