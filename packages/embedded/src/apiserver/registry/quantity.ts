/** A quantity as an exact number: `digits * 10^-scale`, and the family of units it was written in. */
export interface Quantity {
  readonly digits: bigint;
  readonly scale: number;
  readonly format: "decimal" | "binary" | "exponent";
  /** The text it was read from, where Kubernetes takes that for the canonical one without computing it. */
  readonly text?: string;
}

const SYNTAX =
  /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE])([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;
/** Finer than that is rounded up, as Kubernetes does. */
const FINEST_SCALE = 9;
/** What the amount of a resource keeps. */
const AMOUNT_SCALE = 3;
const LARGEST_BINARY = 2n ** 63n - 1n;

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
  if (binary > 0) digits = capped(digits, 10n ** BigInt(scale) * LARGEST_BINARY);
  const format = binary > 0 ? "binary" : exponentSign === undefined ? "decimal" : "exponent";
  const quantity = { ...roundedUp(digits, scale, FINEST_SCALE), format } as const;
  const keeps = binary > 0 ? keepsBinary(number, binary) : keepsDecimal(whole, fraction, scale);
  return keeps ? { ...quantity, text } : quantity;
}

/** Kubernetes does not rewrite a number in powers of ten that has no more than a short part and no zeros around it. */
function keepsDecimal(whole: string, fraction: string, scale: number): boolean {
  const significant = whole.replace(/^0+/, "");
  const shifted = (significant === "" ? "0" : significant) + fraction;
  if (shifted.length > 18 || scale > FINEST_SCALE || scale % 3 !== 0) return false;
  return !shifted.startsWith("0") && !shifted.endsWith("000");
}

/** Nor one in powers of two that is whole, not large and no multiple of 8. */
function keepsBinary(number: string, unit: number): boolean {
  const significant = number.replace(/^0+/, "");
  if (significant.includes(".") || 14 - Math.max(significant.length, 1) - unit * 3 < 0) return false;
  return BigInt(number) % 8n !== 0n;
}

function capped(value: bigint, most: bigint): bigint {
  return value > most ? most : value < -most ? -most : value;
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const difference =
    a.digits * 10n ** BigInt(Math.max(b.scale - a.scale, 0)) -
    b.digits * 10n ** BigInt(Math.max(a.scale - b.scale, 0));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The one way in which Kubernetes writes a quantity: no fraction, the largest unit that leaves none. */
export function formatQuantity({ digits, scale, format, text }: Quantity): string {
  if (text !== undefined) return text;
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

/** How a stored object has a single quantity; what is none is left as it is. */
export function canonicalQuantity(value: unknown): unknown {
  const quantity = parseQuantity(value);
  return quantity === undefined ? value : formatQuantity(quantity);
}

/** How a stored object has the amount of a resource: thousandths are the finest, rounded up. */
export function canonicalAmount(value: unknown): unknown {
  const parsed = parseQuantity(value);
  if (parsed === undefined) return value;
  if (parsed.scale <= AMOUNT_SCALE) return formatQuantity(parsed);
  return formatQuantity({ format: parsed.format, ...roundedUp(parsed.digits, parsed.scale, AMOUNT_SCALE) });
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

function roundedUp(digits: bigint, scale: number, finest: number): { digits: bigint; scale: number } {
  if (scale <= finest) return { digits, scale };
  const divisor = 10n ** BigInt(scale - finest);
  const rest = digits % divisor;
  const up = rest === 0n ? 0n : rest > 0n ? 1n : -1n;
  return { digits: digits / divisor + up, scale: finest };
}
