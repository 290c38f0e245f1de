import { describe, expect, it } from "vitest";
import { negotiate } from "./negotiate.ts";

describe("negotiation", () => {
  it.each([
    [undefined, "object", "v1"],
    ["*/*", "object", "v1"],
    ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "table", "v1"],
    ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", "table", "v1beta1"],
    ["application/json; as=Table; v=v9, application/json", "object", "v1"],
    [
      "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
      "metadata",
      "v1",
    ],
    ["application/vnd.kubernetes.protobuf,application/json", "object", "v1"],
    ["application/json;stream=watch", "object", "v1"],
  ])("%s is answered as %s %s", (accept, view, version) => {
    expect(negotiate(accept)).toEqual({ view, version });
  });

  it("refuses types that it has not", () => {
    expect(() => negotiate("application/vnd.kubernetes.protobuf")).toThrow("only the following media types");
    expect(() => negotiate("text/html")).toThrow("only the following media types");
  });
});
