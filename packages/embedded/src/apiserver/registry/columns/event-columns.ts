import type { Event, KubeObject, ObjectReference } from "@sandgate/contract";
import { ageOf } from "../../table/age.ts";
import type { PrinterColumn } from "../resource-definition.ts";
import { NAME, column } from "./basic-columns.ts";

/** What the columns of core and of events.k8s.io events are made of. */
interface EventView {
  readonly type: string;
  readonly reason: string;
  readonly target: ObjectReference | undefined;
  readonly source: string;
  readonly message: string;
  readonly firstSeen: string | null | undefined;
  readonly lastSeen: string | null | undefined;
  readonly count: number;
}

type Source = { component?: string; host?: string };
type Series = { count?: number; lastObservedTime?: string };
type CoreEvent = Event & { series?: Series };

interface NewEvent extends KubeObject {
  type?: string;
  reason?: string;
  note?: string;
  regarding?: ObjectReference;
  reportingController?: string;
  reportingInstance?: string;
  eventTime?: string | null;
  series?: Series;
  deprecatedSource?: Source;
  deprecatedFirstTimestamp?: string | null;
  deprecatedLastTimestamp?: string | null;
  deprecatedCount?: number;
}

export const EVENT_COLUMNS: readonly PrinterColumn[] = eventColumns((object) => {
  const event = object as CoreEvent;
  return {
    type: event.type ?? "",
    reason: event.reason ?? "",
    target: event.involvedObject,
    source: sourceText(event.source, event.reportingComponent, event.reportingInstance),
    message: event.message ?? "",
    firstSeen: event.firstTimestamp ?? event.eventTime,
    lastSeen:
      event.series?.lastObservedTime ?? event.lastTimestamp ?? event.firstTimestamp ?? event.eventTime,
    count: event.series?.count ?? (event.count || 1),
  };
});

export const NEW_EVENT_COLUMNS: readonly PrinterColumn[] = eventColumns((object) => {
  const event: NewEvent = object;
  return {
    type: event.type ?? "",
    reason: event.reason ?? "",
    target: event.regarding,
    source: sourceText(event.deprecatedSource, event.reportingController, event.reportingInstance),
    message: event.note ?? "",
    firstSeen: event.deprecatedFirstTimestamp ?? event.eventTime,
    lastSeen:
      event.series?.lastObservedTime ??
      event.deprecatedLastTimestamp ??
      event.deprecatedFirstTimestamp ??
      event.eventTime,
    count: event.series?.count ?? (event.deprecatedCount || 1),
  };
});

function eventColumns(view: (event: KubeObject) => EventView): readonly PrinterColumn[] {
  return [
    column("Last Seen", (event, now) => ageOf(view(event).lastSeen, now)),
    column("Type", (event) => view(event).type),
    column("Reason", (event) => view(event).reason),
    column("Object", (event) => {
      const { kind = "", name = "" } = view(event).target ?? {};
      return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
    }),
    column("Subobject", (event) => view(event).target?.fieldPath ?? "", 1),
    column("Source", (event) => view(event).source, 1),
    column("Message", (event) => view(event).message.trim()),
    column("First Seen", (event, now) => ageOf(view(event).firstSeen, now), 1),
    column("Count", (event) => view(event).count, 1),
    { ...NAME, priority: 1 },
  ];
}

function sourceText(
  source: Source | undefined,
  controller: string | undefined,
  instance: string | undefined,
): string {
  const component = source?.component || controller || "";
  const host = source?.host || instance || "";
  return host === "" ? component : `${component}, ${host}`;
}
