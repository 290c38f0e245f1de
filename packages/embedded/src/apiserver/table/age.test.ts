import { expect, test } from "vitest";
import { ageOf, humanDuration } from "./age.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * SECOND, "<invalid>"],
  [-1 * SECOND, "0s"],
  [0, "0s"],
  [119 * SECOND, "119s"],
  [120 * SECOND, "2m"],
  [3 * MINUTE + 21 * SECOND, "3m21s"],
  [10 * MINUTE + 21 * SECOND, "10m"],
  [179 * MINUTE, "179m"],
  [3 * HOUR, "3h"],
  [7 * HOUR + 5 * MINUTE, "7h5m"],
  [47 * HOUR + 59 * MINUTE, "47h"],
  [2 * DAY, "2d"],
  [5 * DAY + 3 * HOUR, "5d3h"],
  [8 * DAY + 3 * HOUR, "8d"],
  [729 * DAY, "729d"],
  [730 * DAY, "2y"],
  [800 * DAY, "2y70d"],
  [10 * 365 * DAY, "10y"],
])("%i ms is %s", (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text);
});

test("an absent time is unknown and a broken one invalid", () => {
  expect(ageOf(undefined, 0)).toBe("<unknown>");
  expect(ageOf(null, 0)).toBe("<unknown>");
  expect(ageOf("yesterday", 0)).toBe("<invalid>");
  expect(ageOf("1970-01-01T00:00:00Z", 90 * SECOND)).toBe("90s");
});
