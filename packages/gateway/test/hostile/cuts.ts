/** How much of a long message is cut at each of its ends, byte by byte: that is where heads, chunks and ends are. */
const ENDS_SHARE = 3;

/**
 * Where a message is cut: between all of its bytes, or, where it is longer, at so many places: a third at its begin, a third
 * at its end, the others evenly between.
 */
export function cutsOf(length: number, places: number): number[] {
  const all = Math.max(0, length - 1);
  if (all <= places) return Array.from({ length: all }, (_, index) => index + 1);
  const third = Math.floor(places / ENDS_SHARE);
  const cuts = new Set<number>();
  for (let index = 1; index <= third; index++) cuts.add(index).add(length - index);
  for (let index = 1; index <= third; index++)
    cuts.add(third + Math.floor((index * (length - 2 * third)) / (third + 1)));
  return [...cuts].toSorted((a, b) => a - b);
}
