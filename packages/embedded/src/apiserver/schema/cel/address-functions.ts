import { isIPv4, isIPv6 } from "node:net";
import type { CelFunc, CelValue } from "@bufbuild/cel";
import { isCidr } from "../formats.ts";
import type { CelLibrary } from "./load-cel.ts";
import { opaque, opaqueContent, opaqueText } from "./opaque-value.ts";

/** An address as a number of 32 or 128 bits. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Kubernetes' functions on IP addresses and ranges: `cidr("10.0.0.0/8").containsIP("10.1.2.3")`. */
export function addressFunctions(cel: CelLibrary): CelFunc[] {
  const { celFunc, celMethod } = cel;
  const { BOOL, DYN, INT, STRING } = cel.CelScalar;

  function addressOf(value: CelValue): Address {
    return parseAddress(typeof value === "string" ? value : opaqueText(cel, "ip", value));
  }

  function rangeOf(value: CelValue): Range {
    return parseRange(typeof value === "string" ? value : opaqueText(cel, "cidr", value));
  }

  const about = (name: string, test: (address: Address) => boolean): CelFunc =>
    celMethod(name, DYN, [], BOOL, function () {
      return test(addressOf(this));
    });

  return [
    celFunc("isIP", [STRING], BOOL, isAddress),
    celFunc("ip", [STRING], DYN, (text) => opaque(cel, "ip", formatAddress(parseAddress(text)))),
    celFunc("ip.isCanonical", [STRING], BOOL, (text) => formatAddress(parseAddress(text)) === text),
    celMethod("family", DYN, [], INT, function () {
      return addressOf(this).bits === 32 ? 4n : 6n;
    }),
    about("isUnspecified", ({ value }) => value === 0n),
    about("isLoopback", (address) => isWithin(address, "127.0.0.0/8", "::1/128")),
    about("isLinkLocalMulticast", (address) => isWithin(address, "224.0.0.0/24", "ff02::/16")),
    about("isLinkLocalUnicast", (address) => isWithin(address, "169.254.0.0/16", "fe80::/10")),
    about("isGlobalUnicast", isGlobalUnicast),
    celFunc("isCIDR", [STRING], BOOL, isCidr),
    celFunc("cidr", [STRING], DYN, (text) => opaque(cel, "cidr", formatRange(parseRange(text)))),
    celMethod("containsIP", DYN, [DYN], BOOL, function (value) {
      return contains(rangeOf(this), addressOf(value));
    }),
    celMethod("containsCIDR", DYN, [DYN], BOOL, function (value) {
      const [outer, inner] = [rangeOf(this), rangeOf(value)];
      return outer.prefix <= inner.prefix && contains(outer, inner.address);
    }),
    celMethod("ip", DYN, [], DYN, function () {
      return opaque(cel, "ip", formatAddress(rangeOf(this).address));
    }),
    celMethod("masked", DYN, [], DYN, function () {
      return opaque(cel, "cidr", formatRange(masked(rangeOf(this))));
    }),
    celMethod("prefixLength", DYN, [], INT, function () {
      return BigInt(rangeOf(this).prefix);
    }),
    celFunc("string", [cel.mapType(DYN, DYN)], STRING, (value) => {
      const text = opaqueContent(cel, "ip", value) ?? opaqueContent(cel, "cidr", value);
      if (typeof text !== "string") throw new Error("no such overload");
      return text;
    }),
  ];
}

interface Range {
  readonly address: Address;
  readonly prefix: number;
}

function isAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes("%") && !/^::ffff:\d+\./i.test(text));
}

function parseAddress(text: string): Address {
  if (!isAddress(text)) throw new Error(`IP Address '${text}' parse error during conversion from string`);
  if (isIPv4(text)) {
    return { bits: 32, value: text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const pure =
    dotted === null ? text : `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`;
  const [head = "", tail] = pure.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return { bits: 128, value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) };
}

function pair(high = "0", low = "0"): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - index * 16)) & 65_535n).toString(16),
  );
  // The first of the longest runs of zeros is left out, if it is longer than one.
  let [start, length] = [-1, 1];
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (groups[end] === "0") end++;
    if (end - index > length) [start, length] = [index, end - index];
  }
  if (start === -1) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

function parseRange(text: string): Range {
  if (!isCidr(text)) throw new Error(`network address parse error during conversion from string: ${text}`);
  const [address = "", prefix = ""] = text.split("/");
  return { address: parseAddress(address), prefix: Number(prefix) };
}

function formatRange({ address, prefix }: Range): string {
  return `${formatAddress(address)}/${prefix}`;
}

function masked({ address, prefix }: Range): Range {
  const rest = BigInt(address.bits - prefix);
  return { address: { bits: address.bits, value: (address.value >> rest) << rest }, prefix };
}

function contains(range: Range, address: Address): boolean {
  if (range.address.bits !== address.bits) return false;
  const rest = BigInt(address.bits - range.prefix);
  return range.address.value >> rest === address.value >> rest;
}

function isWithin(address: Address, ...ranges: readonly string[]): boolean {
  return ranges.some((range) => contains(parseRange(range), address));
}

function isGlobalUnicast(address: Address): boolean {
  const others = ["127.0.0.0/8", "::1/128", "224.0.0.0/4", "ff00::/8", "169.254.0.0/16", "fe80::/10"];
  if (address.value === 0n || isWithin(address, ...others)) return false;
  return !isWithin(address, "255.255.255.255/32");
}
