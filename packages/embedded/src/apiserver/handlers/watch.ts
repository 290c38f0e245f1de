import type { ServerResponse } from "node:http";
import { type StreamedAnswer, drained } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { type Representation, negotiate } from "../server/negotiate.ts";
import type { Entry, StoreEvent } from "../storage/entry.ts";
import type { ObjectFilter } from "../storage/object-filter.ts";
import { type Api, bucketOf } from "./api.ts";
import { filterOf, forbiddenMatch, isSelected } from "./list.ts";
import { tooOld } from "./resource-version.ts";
import { createEncoder, encodeBookmark, encodeEvent } from "./watch-event.ts";

/** Events kept for a reader that lags, in characters of JSON; past it the stream ends and the reader starts anew. */
const MAX_BACKLOG_CHARS = 16 * 1024 * 1024;
const BOOKMARK_MS = 60_000;
/** Without `timeoutSeconds` a watch ends by itself between the one and twice that. */
const DEFAULT_TIMEOUT_MS = 1_800_000;
const GROUP_CHARS = 64 * 1024;

interface Start {
  /** States to send as ADDED before anything else. */
  readonly initial: readonly Entry[];
  /** Events that have happened since the requested version. */
  readonly missed: readonly StoreEvent[];
  /** Whether the end of `initial` is told by a bookmark. */
  readonly tellEnd: boolean;
  readonly revision: number;
}

export async function handleWatch(api: Api, request: ApiRequest): Promise<StreamedAnswer> {
  const representation = negotiate(request.headers.accept);
  const filter = filterOf(request);
  const timeoutMs = readTimeout(request.query.get("timeoutSeconds"));
  checkInitialEvents(request.query);
  return await Promise.resolve({
    stream: (response) => streamEvents(api, request, filter, representation, timeoutMs, response),
  });
}

async function streamEvents(
  api: Api,
  request: ApiRequest,
  filter: ObjectFilter,
  representation: Representation,
  timeoutMs: number,
  response: ServerResponse,
): Promise<void> {
  const bucket = api.store.bucket(bucketOf(request.definition));
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-cache, private");
  response.flushHeaders();
  const encode = createEncoder(api, request, representation);

  const start = planStart(api, request);
  if (start instanceof ApiError) {
    response.end(`${JSON.stringify({ type: "ERROR", object: start.toStatus() })}\n`);
    return;
  }
  const bookmarks = request.query.get("allowWatchBookmarks") === "true";
  /** What has happened and is not yet written. */
  let backlog: StoreEvent[] = [...start.missed];
  let backlogChars = 0;
  let overrun = false;
  let sentRevision = start.revision;
  let ended = false;
  let wake: (() => void) | undefined;
  const nudge = (): void => {
    wake?.();
    wake = undefined;
  };
  const unsubscribe = bucket.subscribe((event) => {
    if (overrun) return;
    backlog.push(event);
    backlogChars += event.entry.json.length;
    if (backlogChars > MAX_BACKLOG_CHARS) {
      overrun = true;
      backlog = [];
      // It does not read what is already written; an end in the stream would not reach it either.
      response.destroy();
    }
    nudge();
  });
  let bookmarkDue = false;
  const timeout = setTimeout(() => {
    ended = true;
    nudge();
  }, timeoutMs);
  const ticker = setInterval(() => {
    bookmarkDue = true;
    nudge();
  }, BOOKMARK_MS);
  response.on("close", () => {
    ended = true;
    nudge();
  });

  /** Writes and waits for the reader; false when it has gone. */
  const send = async (text: string): Promise<boolean> => {
    if (text === "") return true;
    return response.write(text) || (await drained(response));
  };

  try {
    let group = "";
    for (const entry of start.initial) {
      if (response.destroyed) return;
      if (!(await isSelected(api, request, filter, entry))) continue;
      group += await encode("ADDED", entry);
      if (group.length < GROUP_CHARS) continue;
      if (!(await send(group))) return;
      group = "";
    }
    if (start.tellEnd && bookmarks) group += encodeBookmark(request, representation, start.revision, true);
    if (!(await send(group))) return;

    for (;;) {
      const events = backlog;
      backlog = [];
      backlogChars = 0;
      let lines = "";
      for (const event of events) {
        lines += await encodeEvent(api, request, filter, event, encode);
        sentRevision = event.revision;
        if (lines.length < GROUP_CHARS) continue;
        if (!(await send(lines))) return;
        lines = "";
      }
      if (!(await send(lines))) return;
      if (backlog.length > 0) continue;
      if (ended || response.destroyed) break;
      if (bookmarkDue) {
        bookmarkDue = false;
        // Nothing of this kind is waiting, so the reader is as new as the whole store.
        sentRevision = api.store.revision;
        if (bookmarks && !(await send(encodeBookmark(request, representation, sentRevision, false)))) return;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (!response.destroyed) response.end();
  } finally {
    unsubscribe();
    clearTimeout(timeout);
    clearInterval(ticker);
  }
}

/** Where to begin, or the error that the stream consists of. */
function planStart(api: Api, request: ApiRequest): Start | ApiError {
  const { query, definition } = request;
  const { store } = api;
  const bucket = store.bucket(bucketOf(definition));
  const text = query.get("resourceVersion") ?? "";
  const sendInitial = query.get("sendInitialEvents");
  const wanted = text === "" ? 0 : Number(text);
  if (!Number.isSafeInteger(wanted) || wanted < 0 || wanted > store.revision) {
    return new ApiError("Expired", `too large or no resource version: ${text} (${store.revision})`);
  }
  const namespace = definition.namespaced ? request.resource.namespace : undefined;
  const fromState = sendInitial === "true" || (sendInitial !== "false" && wanted === 0);
  if (fromState) {
    const initial = bucket.snapshot({ namespace }) ?? [];
    return { initial, missed: [], tellEnd: sendInitial === "true", revision: store.revision };
  }
  if (wanted === 0) return { initial: [], missed: [], tellEnd: false, revision: store.revision };
  const missed = bucket.since(wanted);
  if (missed === undefined) return tooOld(wanted, store.revision);
  return { initial: [], missed, tellEnd: false, revision: wanted };
}

function checkInitialEvents(query: URLSearchParams): void {
  const wanted = query.get("sendInitialEvents");
  const match = query.get("resourceVersionMatch") ?? "";
  if (wanted === null && match !== "") {
    throw forbiddenMatch("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (wanted === "true" && match !== "NotOlderThan") {
    throw forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
}

function readTimeout(text: string | null): number {
  const seconds = Number(text ?? 0);
  if (!Number.isFinite(seconds) || seconds < 0)
    throw new ApiError("BadRequest", "timeoutSeconds: not a number");
  if (seconds === 0) return DEFAULT_TIMEOUT_MS * (1 + Math.random());
  return Math.min(seconds * 1000, 2 ** 31 - 1);
}
