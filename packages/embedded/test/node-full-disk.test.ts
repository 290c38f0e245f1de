import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { silentLogger } from "@sandgate/contract";
import { LogPace } from "../src/node/container/log-pace.ts";
import { LogWriter, rotatedPath } from "../src/node/container/log-writer.ts";
import { openHostUsers } from "../src/node/isolation/host-users.ts";
import { PodRecords } from "../src/node/pod/pod-records.ts";
import { mountSmallDisk, type SmallDisk } from "./support/small-disk.ts";

let disk: SmallDisk;

afterEach(() => disk.close());

/** Text of the entries of a log, without their times. */
function texts(path: string): string[] {
  return readFileSync(path, "latin1")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^\S+Z /, ""));
}

describe("a container's log on a full disk", () => {
  let log: LogWriter;

  function open(size: string): void {
    disk = mountSmallDisk(size);
    log = new LogWriter(join(disk.path, "0.log"), new LogPace());
  }

  /** Resolves when all of it has been read. */
  function print(text: string): Promise<void> {
    return log.copy("stdout", Readable.from([Buffer.from(text)]));
  }

  test("has every line before the disk was full, whole", async () => {
    open("64k");
    const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
    await print(`${lines.join("\n")}\n`);
    await print("more\n".repeat(5_000));
    const kept = texts(log.path);
    expect(kept).toEqual(lines.slice(0, kept.length).map((line) => `stdout F ${line}`));
    expect(kept.length).toBeGreaterThan(0);
  });

  test("says how many lines are missing as soon as there is room", async () => {
    open("64k");
    disk.fill();
    await print("a\nb\n");
    await print("c\n");
    disk.free();
    await print("after\n");
    expect(texts(log.path)).toEqual(["stderr F 3 lines were lost: no space left", "stdout F after"]);
  });

  test("says at its end what was lost before", async () => {
    open("64k");
    disk.fill();
    await print("a\n");
    disk.free();
    log.end();
    expect(texts(log.path)).toEqual(["stderr F 1 line was lost: no space left"]);
  });

  test("is rotated when there is room again, and every line is there or counted", async () => {
    open("11m");
    const lines = `${"x".repeat(1_000)}\n`.repeat(1_000);
    for (let count = 0; count < 10; count++) await print(lines);
    disk.fill();
    await print(lines);
    await print(lines);
    disk.free();
    await print("after\n");
    const all = [...texts(rotatedPath(log.path, 1)), ...texts(log.path)];
    const lost = all.flatMap((text) => /^stderr F (\d+) lines? w/.exec(text)?.[1] ?? []).map(Number);
    expect(all.at(-1)).toBe("stdout F after");
    expect(all.length - 1 - lost.length + lost.reduce((sum, count) => sum + count, 0)).toBe(12_000);
  });
});

test("a pod's records are saved once there is room", async () => {
  disk = mountSmallDisk("64k");
  const saved = Promise.withResolvers<void>();
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (message: string) => void warnings.push(message),
    info: () => saved.resolve(),
  };
  const metadata = {
    name: "box",
    uid: "u1",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  const spec = { containers: [{ name: "main", image: "sandgate.dev/runtime" }] };
  const records = new PodRecords({ apiVersion: "v1", kind: "Pod", metadata, spec }, disk.path, logger);
  disk.fill();
  records.save();
  expect(warnings).toEqual(["a pod's records cannot be saved yet"]);
  disk.free();
  await saved.promise;
  expect(readFileSync(join(disk.path, "state.json"), "utf8")).toContain(records.startTime);
});

test("a host user is given away only where that is on disk, and taken back in any case", () => {
  disk = mountSmallDisk("64k");
  const path = join(disk.path, "users.json");
  const users = openHostUsers(path, 0);
  const first = users.acquire("first");
  disk.fill();
  expect(() => users.acquire("second")).toThrow("no space left");
  expect(() => users.acquire("second")).toThrow("no space left");
  users.release("first");
  disk.free();
  expect(users.acquire("second")).not.toBe(first);
  expect(openHostUsers(path, 0).pods).toEqual(["second"]);
});
