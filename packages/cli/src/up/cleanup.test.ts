import { expect, it } from "vitest";
import { createCleanup } from "./cleanup.ts";

it("undoes in the reverse order, all of it also where one step fails, and tells the first failure", async () => {
  const cleanup = createCleanup();
  const done: string[] = [];
  cleanup.add(() => void done.push("first"));
  cleanup.add(() => {
    throw new Error("second failed");
  });
  cleanup.add(() => void done.push("third"));
  await expect(cleanup.run()).rejects.toThrow("second failed");
  expect(done).toEqual(["third", "first"]);
});

it("undoes at once what was started after the end", async () => {
  const cleanup = createCleanup();
  await cleanup.run();
  const undone = new Promise<void>((resolve) => cleanup.add(resolve));
  await expect(undone).resolves.toBeUndefined();
});
