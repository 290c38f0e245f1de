import { EVENT_EVERY_MS } from "../backend/event-stream.ts";
import type { EchoTask } from "../load/echo-process.ts";
import type { EventsTask } from "../load/events-process.ts";
import { runGenerator } from "../load/generator.ts";
import { spread } from "../sandboxes.ts";
import { targetsOf, type Work } from "./work.ts";

const SOCKETS = 32;
const STREAMS = 64;

export const WEBSOCKET_ECHO: Work = {
  name: "ws",
  title: `WebSocket echo, 64 B, ${SOCKETS} sockets`,
  unit: "message",
  comparedBy: "rate",
  run(candidate, { seconds }, meter) {
    const targets = targetsOf(candidate, spread(candidate.sandboxes, "looking", SOCKETS), "/echo", SOCKETS);
    const task: EchoTask = { targets, payloadBytes: 64, seconds };
    return runGenerator("echo-process.ts", { ...task }, meter);
  },
};

/** Their pace is the backend's, so that what differs is what an event costs the proxy and how long it takes. */
export const EVENT_STREAMS: Work = {
  name: "sse",
  title: `Server-Sent Events, ${STREAMS} streams, one each ${EVENT_EVERY_MS} ms`,
  unit: "event",
  comparedBy: "cpu",
  run(candidate, { seconds }, meter) {
    const targets = targetsOf(candidate, spread(candidate.sandboxes, "looking", STREAMS), "/events", STREAMS);
    const task: EventsTask = { targets, seconds, perSecond: (STREAMS * 1000) / EVENT_EVERY_MS };
    return runGenerator("events-process.ts", { ...task }, meter);
  },
};
