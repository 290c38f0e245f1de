const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;
const IPV6 = /^[0-9a-f:.]+$/i;
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The one spelling of an IP address: IPv4 dotted, IPv6 compressed in lower case, an IPv4 address in IPv6 clothes as the IPv4
 * address that it is. Two texts are the same address exactly when this gives the same.
 *
 * @returns null where the text is no IP address; zones (`%eth0`) and leading zeros are none.
 */
export function canonicalIp(text: string): string | null {
  if (IPV4.test(text)) return text;
  const url = `http://[${text}]`;
  if (!IPV6.test(text) || !URL.canParse(url)) return null;
  const compressed = new URL(url).hostname.slice(1, -1);
  const mapped = MAPPED.exec(compressed);
  if (mapped === null) return compressed;
  const bits = Number.parseInt(mapped[1] ?? "0", 16) * 0x1_0000 + Number.parseInt(mapped[2] ?? "0", 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join(".");
}

/** Loopback, link-local (metadata services among them), groups, nobody: never the address of a pod that somebody names. */
const SPECIAL =
  /^(?:0\.0\.0\.0$|127\.|169\.254\.|22[4-9]\.|23[0-9]\.|::1?$|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/;

/** @param ip - As `canonicalIp` gives it. */
export function isSpecialIp(ip: string): boolean {
  return SPECIAL.test(ip);
}
