/** A quantity as an exact number: `digits * 10^-scale`, and the family of units it was written in. */
export interface Quantity {
  readonly digits: bigint;
  readonly scale: number;
  readonly format: "decimal" | "binary" | "exponent";
}

const SYNTAX =
  /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE])([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;
/** Finer than that is rounded up, as Kubernetes does. */
const FINEST_SCALE = 9;

/** Reads a quantity as Kubernetes writes it (`500m`, `1.5Gi`, `1e3`); undefined if it is none. */
export function parseQuantity(value: unknown): Quantity | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  const match = text.length > 64 ? null : SYNTAX.exec(text);
  if (match === null) return undefined;
  const [, sign, number = "", exponentSign, exponent, suffix = ""] = match;
  const [whole = "", fraction = ""] = number.split(".");
  let digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  let scale = fraction.length;
  const binary = BINARY.findIndex((unit) => unit !== "" && unit === suffix);
  if (binary > 0) digits *= 1024n ** BigInt(binary);
  else if (exponentSign !== undefined) scale -= Number(exponent);
  else scale -= 3 * (DECIMAL.findIndex((unit) => unit === suffix) - 3);
  const format = binary > 0 ? "binary" : exponentSign === undefined ? "decimal" : "exponent";
  return { ...atMostNano(digits, scale), format };
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const difference =
    a.digits * 10n ** BigInt(Math.max(b.scale - a.scale, 0)) -
    b.digits * 10n ** BigInt(Math.max(a.scale - b.scale, 0));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The one way in which Kubernetes writes a quantity: no fraction, the largest unit that leaves none. */
export function formatQuantity({ digits, scale, format }: Quantity): string {
  if (digits === 0n) return "0";
  const integral = scale <= 0 || digits % 10n ** BigInt(scale) === 0n;
  const whole = integral ? (scale <= 0 ? digits * 10n ** BigInt(-scale) : digits / 10n ** BigInt(scale)) : 0n;
  if (format === "binary" && integral && (whole >= 1024n || whole <= -1024n)) {
    const [value, unit] = largestUnit(whole, 1024n, BINARY.length - 1);
    return `${value}${BINARY[unit]}`;
  }
  let mantissa = digits;
  let power = -scale;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    power += 1;
  }
  const highest = format === "exponent" ? power : 18;
  const exponent = Math.min(Math.floor(power / 3) * 3, Math.max(highest, 0));
  mantissa *= 10n ** BigInt(power - exponent);
  if (format === "exponent") return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${DECIMAL[exponent / 3 + 3] ?? ""}`;
}

function largestUnit(value: bigint, base: bigint, most: number): [value: bigint, unit: number] {
  let rest = value;
  let unit = 0;
  while (unit < most && rest % base === 0n) {
    rest /= base;
    unit += 1;
  }
  return [rest, unit];
}

function atMostNano(digits: bigint, scale: number): { digits: bigint; scale: number } {
  if (scale <= FINEST_SCALE) return { digits, scale };
  const divisor = 10n ** BigInt(scale - FINEST_SCALE);
  const rest = digits % divisor;
  const up = rest === 0n ? 0n : rest > 0n ? 1n : -1n;
  return { digits: digits / divisor + up, scale: FINEST_SCALE };
}
