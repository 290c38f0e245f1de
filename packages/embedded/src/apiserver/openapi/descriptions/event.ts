import type { Descriptions } from "./descriptions-of.ts";

const SHARED = {
  action: "What was done or tried, in one word.",
  eventTime: "When it was first seen, to the microsecond.",
  reason: "What happened, in one CamelCase word.",
  related: "Another object that it is about.",
  reportingInstance: "Which instance of the reporter it was.",
  series: "Set if it happened more than once.",
  type: "Normal or Warning.",
} as const;

/** Events in both of their forms. */
export const EVENTS: Descriptions = {
  "core.Event": {
    "": "Something that happened to an object, kept for about an hour.",
    ...SHARED,
    count: "How many times it happened.",
    firstTimestamp: "When it was first seen.",
    involvedObject: "The object that it happened to.",
    lastTimestamp: "When it was last seen.",
    message: "What happened, for people.",
    reportingComponent: "Who reports it.",
    source: "Who reports it, in the older form.",
  },
  "core.EventSource": { "": "Who reports an event.", component: "The program.", host: "The node it is on." },
  "core.EventSeries": {
    "": "An event that happened more than once.",
    count: "How many times.",
    lastObservedTime: "When it was last seen.",
  },
  "events.Event": {
    "": "Something that happened to an object, kept for about an hour. The same as a core Event under newer names.",
    ...SHARED,
    deprecatedCount: "How many times it happened; new events have `series`.",
    deprecatedFirstTimestamp: "When it was first seen; new events have `eventTime`.",
    deprecatedLastTimestamp: "When it was last seen; new events have `series`.",
    deprecatedSource: "Who reports it; new events have `reportingController`.",
    note: "What happened, for people.",
    regarding: "The object that it happened to.",
    reportingController: "Who reports it, as in example.com/controller.",
  },
  "events.EventSeries": {
    "": "An event that happened more than once.",
    count: "How many times.",
    lastObservedTime: "When it was last seen.",
  },
};
