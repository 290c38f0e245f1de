/**
 * Every message of the corpus, by every way into a gateway in front of a server that takes everything. What is refused is
 * answered and does not arrive; what passes arrives as the reference parser reads it, well-formed, and nothing else does.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DOORS, dressedRequest, openDoor, type OpenDoor } from "./doors.ts";
import { problemsOf, send } from "./judge-request.ts";
import { LenientUpstream } from "./lenient-upstream.ts";
import { HOSTILE_REQUESTS } from "./requests/corpus.ts";

describe.each(DOORS)("hostile requests, $title", (kind) => {
  const upstream = new LenientUpstream();
  let door: OpenDoor;
  beforeAll(async () => {
    door = await openDoor(kind, await upstream.listen());
  });
  afterAll(async () => {
    await door.close();
    await upstream.close();
  });

  describe.each(Object.entries(HOSTILE_REQUESTS))("%s", (_subject, requests) => {
    it.each(requests.map((request) => [`${request.id}: ${request.what}`, request] as const))(
      "%s",
      async (_title, request) => {
        const here = dressedRequest(door, request);
        expect(problemsOf(here, await send(door, upstream, here), kind.form)).toEqual([]);
      },
    );
  });
});
