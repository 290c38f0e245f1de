import { describe, expect, it } from "vitest";
import { Histogram } from "./histogram.ts";
import { mergeSnapshots } from "./snapshot.ts";

describe("the metrics of several threads", () => {
  it("are summed by their labels", () => {
    const merged = mergeSnapshots([
      {
        sandgate_requests_total: [{ labels: ["2xx"], value: 3 }],
        sandgate_requests_in_flight: [{ labels: [], value: 1 }],
      },
      {
        sandgate_requests_total: [
          { labels: ["2xx"], value: 4 },
          { labels: ["5xx"], value: 1 },
        ],
        sandgate_requests_in_flight: [{ labels: [], value: 2 }],
      },
    ]);
    expect(merged).toEqual({
      sandgate_requests_total: [
        { labels: ["2xx"], value: 7 },
        { labels: ["5xx"], value: 1 },
      ],
      sandgate_requests_in_flight: [{ labels: [], value: 3 }],
    });
  });

  it("are those of the worst where a sum says nothing: what all of them see, and what none may lag behind", () => {
    const of = (routes: number, synced: number, atSeconds: number) => ({
      sandgate_routes: [{ labels: ["Ready"], value: routes }],
      sandgate_routes_synced: [{ labels: [], value: synced }],
      sandgate_routes_synced_timestamp_seconds: [{ labels: [], value: atSeconds }],
    });
    expect(mergeSnapshots([of(5, 1, 100), of(4, 0, 90)])).toEqual(of(5, 0, 90));
  });

  it("keep the parts of histograms apart", () => {
    const histogram = (...values: number[]): Histogram => {
      const one = new Histogram([1, 2]);
      for (const value of values) one.add(value);
      return one;
    };
    const name = "sandgate_request_duration_seconds";
    const merged = mergeSnapshots([
      { [name]: [histogram(0.5, 3).sample()] },
      { [name]: [histogram(0.5, 1.5).sample()] },
      {},
    ]);
    expect(merged).toEqual({ [name]: [histogram(0.5, 0.5, 1.5, 3).sample()] });
  });

  it("can be sent to another thread", () => {
    const snapshot = {
      sandgate_request_duration_seconds: [new Histogram([1]).sample()],
      sandgate_dials_total: [{ labels: [], value: 1 }],
    };
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });
});
