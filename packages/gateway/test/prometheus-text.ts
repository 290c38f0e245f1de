/**
 * A strict reader of Prometheus' text format, by its specification alone: whatever it does not allow is an error, and so is what a
 * scraper would refuse: a metric twice, a sample twice, a histogram whose parts do not fit.
 */
export interface Family {
  type: string;
  help: string;
  /** By the text of its labels, sorted: `code="2xx",user="a"`. Of histograms the parts have `_bucket`, `_sum`, `_count` before it. */
  samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LINE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, "s");
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

export function readPrometheusText(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  let current: [string, Family] | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (families.has(name)) throw new Error(`${name} is there twice`);
        if (/\\(?![\\n])/.test(rest)) throw new Error(`an escape in ${line}`);
        current = [name, { type: "", help: rest, samples: new Map() }];
        families.set(...current);
      } else if (current?.[0] !== name || current[1].samples.size > 0)
        throw new Error(`out of place: ${line}`);
      else current[1].type = rest;
      continue;
    }
    const [, name, labels = "", value = ""] = LINE.exec(line) ?? [];
    if (name === undefined || !NUMBER.test(value)) throw new Error(`no sample: ${line}`);
    if (current === null) throw new Error(`without a head: ${line}`);
    const [family, { type, samples }] = current;
    const part = name.slice(family.length);
    const parts = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!name.startsWith(family) || !parts.includes(part)) throw new Error(`another's sample: ${line}`);
    const key = `${part}${part === "" || labels === "" ? "" : " "}${[...labelsOf(labels)]
      .map(([k, v]) => `${k}=${JSON.stringify(v)}`)
      .sort()
      .join(",")}`;
    if (samples.has(key)) throw new Error(`twice: ${line}`);
    samples.set(key, Number(value.replace("Inf", "Infinity")));
  }
  return families;
}

/** Names and values, which are unescaped. */
export function labelsOf(text: string): Map<string, string> {
  const labels = new Map<string, string>();
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = "", value = ""] = LABEL.exec(text) ?? [];
    if (name === "" || labels.has(name)) throw new Error(`labels: ${text}`);
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
    );
  }
  return labels;
}
