import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPrometheusText } from "../../test/prometheus-text.ts";
import { exposition } from "./exposition.ts";
import { Histogram } from "./histogram.ts";
import { METRICS } from "./metric-table.ts";

describe("the page of metrics", () => {
  it("has every metric of the table once, with its help and type, whether or not it has values", () => {
    const families = readPrometheusText(exposition({}));
    expect([...families].map(([name, { type, help }]) => ({ name, type, help }))).toEqual(
      Object.entries(METRICS).map(([name, { type, help }]) => ({ name, type, help })),
    );
  });

  it("gives back the values of labels, whatever is in them", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", '"', "\\", "\n", "\r", "}", ",", "=", "n", "ü", "😀"),
    });
    fc.assert(
      fc.property(text, text, fc.double(), (user, sandbox, value) => {
        const families = readPrometheusText(
          exposition({ sandgate_sandbox_requests_total: [{ labels: [user, sandbox, "2xx"], value }] }),
        );
        const key = `code="2xx",sandbox=${JSON.stringify(sandbox)},user=${JSON.stringify(user)}`;
        const { samples } = families.get("sandgate_sandbox_requests_total")!;
        expect([...samples]).toEqual([[key, value === 0 ? expect.closeTo(0) : value]]);
      }),
    );
  });

  it("writes half a character as the one that stands for what cannot be told", () => {
    const text = exposition({ sandgate_errors_total: [{ labels: ["\ud800"], value: 1 }] });
    expect(text).toContain('sandgate_errors_total{error="\ufffd"} 1\n');
  });

  it("sums up a histogram's parts, and its count is the last of them", () => {
    const histogram = new Histogram([0.1, 1]);
    for (const value of [0.1, 0.2, 1, 5]) histogram.add(value);
    const families = readPrometheusText(
      exposition({ sandgate_phase_duration_seconds: [histogram.sample("connect")] }),
    );
    expect(Object.fromEntries(families.get("sandgate_phase_duration_seconds")!.samples)).toEqual({
      '_bucket le="0.1",phase="connect"': 1,
      '_bucket le="1",phase="connect"': 3,
      '_bucket le="+Inf",phase="connect"': 4,
      '_sum phase="connect"': 6.3,
      '_count phase="connect"': 4,
    });
  });
});
