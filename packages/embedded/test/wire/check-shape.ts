import { expect } from "vitest";

/** Checks that an answer has what every client relies on in an answer of its kind. */
export function checkShape(json: Record<string, unknown>, status: number): void {
  const { kind, metadata } = json as { kind: string; metadata: Record<string, unknown> };
  if (kind === "Status") {
    expect(json).toMatchObject({ apiVersion: "v1", status: status < 300 ? "Success" : "Failure" });
    if (status >= 300)
      expect(json).toMatchObject({ code: status, reason: expect.stringMatching(/./) as unknown });
  } else if (kind === "Table") {
    expect(json).toMatchObject({
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: expect.any(String) as unknown },
    });
    const columns = json["columnDefinitions"] as { name: string; type: string; priority: number }[];
    expect(columns[0]).toMatchObject({ type: "string" });
    for (const row of (json["rows"] ?? []) as { cells: unknown[]; object: { kind: string } }[]) {
      expect(row.cells).toHaveLength(columns.length);
      expect(row.object.kind).toBe("PartialObjectMetadata");
    }
  } else if (kind === "APIGroupDiscoveryList") {
    expect(json).toMatchObject({ apiVersion: "apidiscovery.k8s.io/v2", items: expect.any(Array) as unknown });
  } else if (kind.endsWith("List") && kind !== "APIResourceList") {
    expect(metadata["resourceVersion"]).toMatch(/^\d+$/);
    expect(json["items"]).toEqual(expect.any(Array));
  } else if (!kind.includes("Review") && kind !== "TokenRequest" && kind !== "APIResourceList") {
    expect(metadata).toMatchObject({
      name: expect.any(String) as unknown,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
    });
  }
}
