import type { CelFunc, CelValue } from "@bufbuild/cel";
import type { CelLibrary } from "./load-cel.ts";
import { opaque, opaqueContent } from "./opaque-value.ts";

/** CEL's optional values, as far as they need no syntax of their own; `oldSelf` can be one. */
export function optionalFunctions(cel: CelLibrary): CelFunc[] {
  const { celFunc, celMethod } = cel;
  const { BOOL, DYN } = cel.CelScalar;

  function read(value: CelValue): readonly CelValue[] {
    const content = opaqueContent(cel, "optional", value);
    if (!cel.isCelList(content)) throw new Error("no such overload");
    return [...content];
  }

  return [
    celFunc("optional.none", [], DYN, () => opaque(cel, "optional", [])),
    celFunc("optional.of", [DYN], DYN, (value) => opaque(cel, "optional", [value])),
    celMethod("hasValue", DYN, [], BOOL, function () {
      return read(this).length > 0;
    }),
    celMethod("value", DYN, [], DYN, function () {
      const [value] = read(this);
      if (value === undefined) throw new Error("optional.none() dereference");
      return value;
    }),
    celMethod("orValue", DYN, [DYN], DYN, function (other) {
      const [value] = read(this);
      return value === undefined ? other : value;
    }),
    celMethod("or", DYN, [DYN], DYN, function (other) {
      return read(this).length > 0 ? this : other;
    }),
  ];
}
