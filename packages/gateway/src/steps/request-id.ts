import type { HeaderFields } from "../engine/head/header-fields.ts";

/** What ids are made of, by whatever program: nothing that a log or a header would have to escape. */
const REQUEST_ID = /^[A-Za-z0-9._~:+/=@-]{1,128}$/;

/** The id that a proxy of ours has given to the request; undefined where it is none, or where there are two. */
export function requestIdOf(fields: HeaderFields): string | undefined {
  if (fields.times("x-request-id") !== 1) return undefined;
  const id = fields.value("x-request-id");
  return id !== undefined && REQUEST_ID.test(id) ? id : undefined;
}
