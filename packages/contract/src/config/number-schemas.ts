import * as z from "zod";

/** Timers hold 2^31 milliseconds; what is longer would be over at once. */
export const milliseconds = z.coerce
  .number("is no number")
  .int("is no whole number")
  .min(1, "is below 1")
  .max(2_000_000_000, "is above 2000000000 (23 days)");
/** How many of something there may be. */
export const count = z.coerce.number("is no number").int("is no whole number").min(1, "is below 1");
