import type { KubeObject } from "@sandgate/contract";
import { invalidValue, required } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import { type Errors, fieldsOf, textOf } from "../validation/checks.ts";
import { checkImmutable } from "../validation/immutable.ts";
import { qualifiedName } from "../validation/names.ts";

/** How the two kinds of event name what is the same. */
interface EventWords {
  readonly target: string;
  readonly controller: string;
  readonly message: string;
}

const CORE: EventWords = { target: "involvedObject", controller: "reportingComponent", message: "message" };
const RENEWED: EventWords = { target: "regarding", controller: "reportingController", message: "note" };
const MOST_SHORT = 128;
const MOST_MESSAGE = 1024;
/** An event of something without namespace stands in one of these. */
const HOME_NAMESPACES = new Set(["", "default"]);

export const EVENT_STRATEGY: ResourceStrategy = { validate: (object) => [...checkEvent(object, CORE)] };

export const NEW_EVENT_STRATEGY: ResourceStrategy = {
  validate: (object, previous) => [
    ...checkEvent(object, RENEWED),
    ...(previous === undefined ? checkNew(object) : checkChange(object, previous)),
  ],
};

type Event = KubeObject & Record<string, unknown>;

function* checkEvent(object: KubeObject, words: EventWords): Errors {
  const event = object as Event;
  const namespace = event.metadata.namespace ?? "";
  const target = textOf(fieldsOf(event[words.target])["namespace"]);
  const renewed = textOf(event["eventTime"]) !== "";
  const homeless = renewed
    ? target === "" && namespace !== "default" && namespace !== "kube-system"
    : target === ""
      ? !HOME_NAMESPACES.has(namespace)
      : target !== namespace;
  if (homeless) yield invalidValue("involvedObject.namespace", target, "does not match event.namespace");
  if (!renewed) return;
  const controller = textOf(event[words.controller]);
  if (controller === "") yield required(words.controller);
  const problem = qualifiedName(controller);
  if (problem !== undefined) yield invalidValue(words.controller, controller, problem);
  for (const field of ["reportingInstance", "action", "reason"]) {
    const text = textOf(event[field]);
    if (text === "") yield required(field);
    if (text.length > MOST_SHORT) yield invalidValue(field, "", `can have at most ${MOST_SHORT} characters`);
  }
  if (textOf(event[words.message]).length > MOST_MESSAGE) {
    yield invalidValue("message", "", `can have at most ${MOST_MESSAGE} characters`);
  }
}

function* checkNew(object: KubeObject): Errors {
  const event = object as Event;
  if (textOf(event["eventTime"]) === "") yield required("eventTime");
  const type = textOf(event["type"]);
  if (type !== "Normal" && type !== "Warning") yield invalidValue("type", "", `has invalid value: ${type}`);
  yield* checkSeries(event);
  for (const [field, old] of [
    ["deprecatedFirstTimestamp", "firstTimestamp"],
    ["deprecatedLastTimestamp", "lastTimestamp"],
    ["deprecatedCount", "count"],
  ] as const) {
    if ((event[field] ?? null) !== null && event[field] !== 0)
      yield invalidValue(old, "", "needs to be unset");
  }
  const { component, host } = fieldsOf(event["deprecatedSource"]);
  if (textOf(component) !== "" || textOf(host) !== "") yield invalidValue("source", "", "needs to be unset");
}

function* checkSeries(event: Event): Errors {
  const series = event["series"];
  if (series === undefined || series === null) return;
  const { count, lastObservedTime } = fieldsOf(series);
  if (typeof count !== "number" || count < 2) yield invalidValue("series.count", "", "should be at least 2");
  if (textOf(lastObservedTime) === "") yield required("series.lastObservedTime");
}

/** Only the series of an event goes on. */
function* checkChange(object: KubeObject, previous: KubeObject): Errors {
  const [event, before] = [object as Event, previous as Event];
  yield* checkSeries(event);
  for (const field of ["regarding", "reason", "note", "type", "action", "related", "reportingController"]) {
    yield* checkImmutable(field, event[field], before[field]);
  }
}
