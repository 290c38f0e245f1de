import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError } from "../server/api-error.ts";
import { decodeProtobufBody } from "./decode.ts";
import fixtures from "./decode.fixtures.json" with { type: "json" };

const encoded = fixtures.objects.map((object) => Buffer.from(object.base64, "base64"));

/** What came out, or the ApiError that was thrown; any other error fails the test. */
function decodeOrRefuse(bytes: Uint8Array): unknown {
  try {
    return decodeProtobufBody(bytes);
  } catch (error) {
    if (error instanceof ApiError && error.reason === "BadRequest") return error;
    throw error;
  }
}

/** A field of wire type 2. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = content.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}

function body(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const meta = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))]);
  return Buffer.concat([Buffer.from("k8s\0"), field(1, meta), field(2, raw)]);
}

describe("decodeProtobufBody", () => {
  for (const { kind, base64, json } of fixtures.objects) {
    test(`reads a ${kind} as Go's JSON has it`, () => {
      expect(decodeProtobufBody(Buffer.from(base64, "base64"))).toEqual(json);
    });
  }

  test("keeps a map's key that JavaScript uses for the prototype", () => {
    const decoded = decodeProtobufBody(
      body(
        "v1",
        "ConfigMap",
        field(2, Buffer.concat([field(1, Buffer.from("__proto__")), field(2, Buffer.from("x"))])),
      ),
    );
    expect(JSON.stringify(decoded["data"])).toBe('{"__proto__":"x"}');
  });

  test("refuses a kind that is not served, naming it", () => {
    expect(() => decodeProtobufBody(body("apps/v1", "Deployment", Buffer.alloc(0)))).toThrow(
      'no kind "Deployment" is registered for version "apps/v1"',
    );
  });

  test("refuses what lacks the envelope", () => {
    expect(decodeOrRefuse(Buffer.from("{}"))).toBeInstanceOf(ApiError);
    expect(decodeOrRefuse(new Uint8Array())).toBeInstanceOf(ApiError);
  });

  test("refuses a schema nested deeper than any real one instead of overflowing the stack", () => {
    let schema: Buffer = Buffer.alloc(0);
    // JSONSchemaProps.not is field 28.
    for (let depth = 0; depth < 2000; depth += 1) {
      const inner = field(1, schema).subarray(1);
      schema = Buffer.concat([Buffer.from([0xe2, 0x01]), inner]);
    }
    const version = field(4, field(1, schema));
    const refused = decodeOrRefuse(
      body("apiextensions.k8s.io/v1", "CustomResourceDefinition", field(2, field(7, version))),
    );
    expect(String(refused)).toContain("200 messages in one another");
  });

  test("answers any bytes with an object or an ApiError", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom("Pod", "Event", "Secret", "Node"),
        (raw, kind) => {
          expect(decodeOrRefuse(body("v1", kind, raw))).toBeInstanceOf(Object);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("answers real bodies that were cut or changed with an object or an ApiError", () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.constantFrom(...encoded),
        fc.array(change, { maxLength: 4 }),
        fc.nat(),
        (bytes, changes, cut) => {
          const copy = Buffer.from(bytes);
          for (const { at, to } of changes) copy[at % copy.length] = to;
          expect(decodeOrRefuse(copy)).toBeInstanceOf(Object);
          expect(decodeOrRefuse(bytes.subarray(0, cut % bytes.length))).toBeInstanceOf(Object);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
