const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A quantity as a number: `500m` is 0.5, `1Gi` 2^30. Exact enough for limits; the API server has checked the form.
 *
 * @throws RangeError where it is none.
 */
export function quantityValue(quantity: string | number): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(quantity));
  const suffix = match?.[2] ?? "";
  const factor = Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
  const value = Number(match?.[1]);
  if (match === null || factor === undefined || Number.isNaN(value))
    throw new RangeError(`${JSON.stringify(quantity)} is no quantity`);
  return value * factor;
}
