import { describe, expect, it } from "vitest";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { convertEvent, isEventKind } from "./convert-event.ts";

const CORE = { group: "", version: "v1", kind: "Event", custom: false } as ResourceDefinition;
const EVENTS = { ...CORE, group: "events.k8s.io" };

describe("the two forms of an Event", () => {
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e", namespace: "n" },
    eventTime: "2026-01-01T00:00:00.000000Z",
    regarding: { kind: "Sandbox", name: "s" },
    reason: "Made",
    note: "it is made",
    reportingController: "c",
    deprecatedCount: 2,
    type: "Normal",
  };

  it("say the same in other words", () => {
    expect(convertEvent(event, CORE)).toMatchObject({
      apiVersion: "v1",
      involvedObject: { kind: "Sandbox", name: "s" },
      message: "it is made",
      reportingComponent: "c",
      count: 2,
      reason: "Made",
    });
  });

  it("come back as they were", () => {
    expect(convertEvent(convertEvent(event, CORE), EVENTS)).toEqual(event);
  });

  it("are told from a custom kind of that name", () => {
    expect(isEventKind(EVENTS)).toBe(true);
    expect(isEventKind({ ...EVENTS, custom: true })).toBe(false);
  });
});
