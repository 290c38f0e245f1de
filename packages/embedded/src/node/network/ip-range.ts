/** An IPv4 network in CIDR form. */
export interface IpRange {
  base: number;
  bits: number;
}

/** @throws RangeError where it is none. */
export function parseRange(text: string): IpRange {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const parts = match?.slice(1).map(Number) ?? [];
  const bits = parts[4] ?? 33;
  if (match === null || parts.slice(0, 4).some((part) => part > 255) || bits > 32) {
    throw new RangeError(`${JSON.stringify(text)} is no IPv4 network in CIDR form`);
  }
  const address = parts.slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
  return { base: address - (address % 2 ** (32 - bits)), bits };
}

export function overlaps(a: IpRange, b: IpRange): boolean {
  const size = (range: IpRange): number => 2 ** (32 - range.bits);
  return a.base < b.base + size(b) && b.base < a.base + size(a);
}

/** The address at an offset in the range, as text. */
export function addressAt(range: IpRange, offset: number): string {
  const address = range.base + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function printRange(range: IpRange): string {
  return `${addressAt(range, 0)}/${range.bits}`;
}
