import { expect, test } from "vitest";
import { parseGoTypes } from "./go-structs.ts";
import { readProtoMessages } from "./proto-messages.ts";
import type { ProtoMessages } from "./proto-messages.ts";

const GO = `package v1

// Colour is what it looks like.
// +enum
type Colour string

// Size has no list of values.
type Size string

const (
\tRed Colour = "Red"
\t// Blue is the other one.
\tBlue Colour = "Blue"
\tLarge Size = "Large"
)

type Empty struct {
}

type Nothing struct{}

// Box is a box.
type Box struct {
\tmetav1.TypeMeta \`json:",inline"\`
\t// Standard object's metadata.
\tmetav1.ObjectMeta \`json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"\`
\tColours []Colour \`json:"colours" protobuf:"bytes,2,rep,name=colours,casttype=Colour"\`
\tLid *Lid \`json:"lid,omitempty" protobuf:"bytes,3,opt,name=lid"\`
\tMade metav1.Time \`json:"made,omitempty,omitzero" protobuf:"bytes,4,opt,name=made"\`
\tBoxSource \`json:",inline" protobuf:"bytes,5,opt,name=boxSource"\`
\thidden int
\tSkipped string \`json:"-" protobuf:"bytes,6,opt,name=skipped"\`
}
`;

const PROTO = `syntax = "proto2";

package k8s.io.api.box.v1;

// Box is a box.
message Box {
  // a comment = 9;
  optional .k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta metadata = 1;

  repeated string colours = 2;

  optional Lid lid = 3;

  map<string, int32> sizes = 7;
}

message Lid {
}
`;

test("Go's struct tags tell name, number and what JSON leaves out", () => {
  const { structs, enums } = parseGoTypes(GO);
  expect(Object.fromEntries(enums)).toEqual({ Colour: ["Blue", "Red"] });
  expect([...structs.keys()]).toEqual(["Empty", "Nothing", "Box"]);
  expect(structs.get("Nothing")).toEqual([]);
  expect(
    structs.get("Box")?.map((field) => [field.goName, field.jsonName, field.number, field.goType]),
  ).toEqual([
    ["TypeMeta", undefined, undefined, "metav1.TypeMeta"],
    ["ObjectMeta", "metadata", 1, "metav1.ObjectMeta"],
    ["Colours", "colours", 2, "[]Colour"],
    ["Lid", "lid", 3, "*Lid"],
    ["Made", "made", 4, "metav1.Time"],
    ["BoxSource", undefined, 5, "BoxSource"],
  ]);
  expect(structs.get("Box")?.map((field) => [field.omitEmpty, field.omitZero])).toEqual([
    [false, false],
    [true, false],
    [false, false],
    [true, false],
    [true, true],
    [false, false],
  ]);
});

test("a .proto file tells types and shapes by number", () => {
  const messages: ProtoMessages = new Map();
  readProtoMessages(PROTO, messages);
  expect([...messages.keys()]).toEqual(["k8s.io.api.box.v1.Box", "k8s.io.api.box.v1.Lid"]);
  expect([...(messages.get("k8s.io.api.box.v1.Box") ?? [])]).toEqual([
    [1, { name: "metadata", type: "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta", shape: "single" }],
    [2, { name: "colours", type: "string", shape: "list" }],
    [3, { name: "lid", type: "k8s.io.api.box.v1.Lid", shape: "single" }],
    [7, { name: "sizes", type: "int32", shape: "map" }],
  ]);
});
