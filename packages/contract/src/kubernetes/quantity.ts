const SYNTAX = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
/** Powers of ten, in thousandths. */
const DECIMAL: Readonly<Record<string, number>> = {
  n: -6,
  u: -3,
  m: 0,
  k: 6,
  M: 9,
  G: 12,
  T: 15,
  P: 18,
  E: 21,
};
const BINARY: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const WHOLE = 3;

/**
 * Reads a quantity as Kubernetes writes amounts of resources: `100m`, `1.5Gi`, `2e3`.
 *
 * @returns The amount in thousandths (of a core, a byte, …), rounded away from zero; undefined if it is no quantity.
 */
export function parseQuantityMillis(value: string | number): bigint | undefined {
  const match = SYNTAX.exec(String(value));
  if (match === null) return undefined;
  const [, sign, number = "", exponent, unit = ""] = match;
  const [whole = "", fraction = ""] = number.split(".");
  const power = exponent === undefined ? (DECIMAL[unit] ?? WHOLE) : WHOLE + Number(exponent);
  const digits = BigInt(whole + fraction) * 1024n ** BigInt(BINARY[unit] ?? 0);
  const shift = power - fraction.length;
  const millis = shift >= 0 ? digits * 10n ** BigInt(shift) : divideUp(digits, 10n ** BigInt(-shift));
  return sign === "-" ? -millis : millis;
}

/**
 * As `parseQuantityMillis`, in units: cores for `100m` of cpu, bytes for `1Gi` of memory.
 *
 * @returns As exact as a number can be.
 */
export function parseQuantity(value: string | number): number | undefined {
  const millis = parseQuantityMillis(value);
  return millis === undefined ? undefined : Number(millis) / 1000;
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
