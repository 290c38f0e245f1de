import { expect, it } from "vitest";
import { HeaderFields } from "./header-fields.ts";

it("keeps of what was read no more than the fields", () => {
  const section = "Host: a.example\r\nAccept: */*\r\n\r\n";
  const bytes = Buffer.alloc(128 * 1024);
  bytes.write(section, "latin1");
  const fields = new HeaderFields(8, "REQUEST_MALFORMED");
  fields.scan(bytes, 0, section.length);
  fields.keepBytes();
  bytes.fill(0);
  expect(fields.value("accept")).toBe("*/*");
  expect(fields.linesWithout(new Uint8Array(256), null)).toBe("Host: a.example\r\nAccept: */*\r\n");
  expect(fields.valuePlace("host")?.bytes.length).toBeLessThanOrEqual(section.length);
});

it.each([
  ["a.example", true],
  ["A.example", false],
  ["a.exampl", false],
  ["a.example ", false],
  ["", false],
])("compares the first value with %j byte by byte", (text, same) => {
  const bytes = Buffer.from("Host:  a.example \r\nHost: b.example\r\n\r\n", "latin1");
  const fields = new HeaderFields(8, "REQUEST_MALFORMED");
  fields.scan(bytes, 0, bytes.length);
  expect(fields.valueIs("host", text)).toBe(same);
  expect(fields.valueIs("origin", text)).toBe(false);
});
