import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  rmdirSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own that a test can fill to the last byte. */
export interface SmallDisk {
  readonly path: string;
  fill(): void;
  /** Makes files until no other can be made, though there is room in those that are there. */
  fillWithFiles(): void;
  /** Takes away what was put there to fill it. */
  free(): void;
  close(): void;
}

/**
 * @param size - As tmpfs takes it, such as `64k`.
 * @param files - How many files and folders there may be.
 */
export function mountSmallDisk(size: string, files = 10_000): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "sandgate-disk-"));
  execFileSync("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${size},nr_inodes=${files},mode=0755`,
    "sandgate-test",
    path,
  ]);
  const ballast = join(path, "ballast");
  const manyFiles = join(path, "many-files");
  return {
    path,
    fill() {
      const file = openSync(ballast, "a");
      try {
        for (;;) writeSync(file, Buffer.alloc(4096));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    fillWithFiles() {
      mkdirSync(manyFiles);
      try {
        for (let count = 0; ; count++) writeFileSync(join(manyFiles, String(count)), "");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    },
    free() {
      rmSync(ballast, { force: true });
      rmSync(manyFiles, { recursive: true, force: true });
    },
    close() {
      execFileSync("umount", ["-l", path]);
      rmdirSync(path);
    },
  };
}
