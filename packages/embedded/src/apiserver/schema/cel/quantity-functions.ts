import type { CelFunc, CelValue } from "@bufbuild/cel";
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from "../../registry/quantity.ts";
import type { CelLibrary } from "./load-cel.ts";
import { opaque, opaqueContent, opaqueText } from "./opaque-value.ts";

const LARGEST = 2n ** 63n - 1n;

/** Kubernetes' functions on amounts: `quantity("1Gi").isLessThan(quantity("2Gi"))`. */
export function quantityFunctions(cel: CelLibrary): CelFunc[] {
  const { celFunc, celMethod } = cel;
  const { BOOL, DOUBLE, DYN, INT, STRING } = cel.CelScalar;

  function read(value: CelValue): Quantity {
    const quantity = parseQuantity(opaqueText(cel, "quantity", value));
    if (quantity === undefined) throw new Error("no such overload");
    return quantity;
  }

  function make({ digits, scale, format }: Quantity): ReturnType<typeof opaque> {
    return opaque(cel, "quantity", formatQuantity({ digits, scale, format }));
  }

  function other(value: CelValue): Quantity {
    if (typeof value === "bigint") return { digits: value, scale: 0, format: "decimal" };
    return read(value);
  }

  return [
    celFunc("quantity", [STRING], DYN, (text) => {
      const quantity = parseQuantity(text);
      if (quantity === undefined) {
        throw new Error(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      }
      return make(quantity);
    }),
    celFunc("isQuantity", [STRING], BOOL, (text) => parseQuantity(text) !== undefined),
    celMethod("isGreaterThan", DYN, [DYN], BOOL, function (value) {
      return compareQuantities(read(this), read(value)) > 0;
    }),
    celMethod("isLessThan", DYN, [DYN], BOOL, function (value) {
      return compareQuantities(read(this), read(value)) < 0;
    }),
    celMethod("compareTo", DYN, [DYN], INT, function (value) {
      return BigInt(Math.sign(compareQuantities(read(this), read(value))));
    }),
    celMethod("isInteger", DYN, [], BOOL, function () {
      return opaqueContent(cel, "quantity", this) !== undefined && wholeOf(read(this)) !== undefined;
    }),
    celMethod("asInteger", DYN, [], INT, function () {
      const whole = wholeOf(read(this));
      if (whole === undefined) throw new Error("cannot convert value to integer");
      return whole;
    }),
    celMethod("asApproximateFloat", DYN, [], DOUBLE, function () {
      const { digits, scale } = read(this);
      return Number(`${digits}e${-scale}`);
    }),
    celMethod("sign", DYN, [], INT, function () {
      const { digits } = read(this);
      return digits > 0n ? 1n : digits < 0n ? -1n : 0n;
    }),
    celMethod("add", DYN, [DYN], DYN, function (value) {
      return make(sum(read(this), other(value), 1n));
    }),
    celMethod("sub", DYN, [DYN], DYN, function (value) {
      return make(sum(read(this), other(value), -1n));
    }),
  ];
}

function wholeOf({ digits, scale }: Quantity): bigint | undefined {
  const divisor = scale > 0 ? 10n ** BigInt(scale) : 1n;
  if (digits % divisor !== 0n) return undefined;
  const whole = scale > 0 ? digits / divisor : digits * 10n ** BigInt(-scale);
  return whole > LARGEST || whole < -LARGEST - 1n ? undefined : whole;
}

function sum(a: Quantity, b: Quantity, sign: bigint): Quantity {
  const scale = Math.max(a.scale, b.scale);
  const at = ({ digits, scale: own }: Quantity): bigint => digits * 10n ** BigInt(scale - own);
  return { digits: at(a) + sign * at(b), scale, format: a.format };
}
