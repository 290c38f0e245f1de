import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { dialableLookup } from "../src/dial/dialable-lookup.ts";

function look(hostname: string, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    dialableLookup(hostname, { all }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}

describe("the name of a Service", () => {
  it.each([true, false])("that leads to this host leads nowhere (all: %s)", async (all) => {
    await expect(look("localhost", all)).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("that is an address is that address", async () => {
    expect(await look("10.88.0.2", true)).toEqual([{ address: "10.88.0.2", family: isIP("10.88.0.2") }]);
    expect(await look("10.88.0.2", false)).toBe("10.88.0.2");
  });
});
