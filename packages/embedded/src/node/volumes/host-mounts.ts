import { mkdirSync, readFileSync, statSync, fstatSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { PROGRAM_ENV, runProgram } from "../run-program.ts";

/** Mounts a memory file system for an emptyDir that asks for one. */
export async function mountMemory(target: string, hostUid: number, sizeBytes: number | null): Promise<void> {
  await unmountAt(target);
  mkdirSync(target, { recursive: true, mode: 0o755 });
  const size = sizeBytes === null ? "" : `,size=${Math.ceil(sizeBytes)}`;
  const options = `mode=0777,uid=${hostUid},gid=${hostUid},nosuid,nodev${size}`;
  await runProgram("mount", ["-t", "tmpfs", "-o", options, "sandgate", target]);
}

/** Mounts what a descriptor was opened on, without looking at its path again. */
export async function mountDescriptor(descriptor: number, target: string): Promise<void> {
  if (fstatSync(descriptor).isDirectory()) mkdirSync(target, { recursive: true });
  else writeFileSync(target, "");
  await new Promise<void>((resolve, reject) => {
    const child = spawn("mount", ["-c", "--bind", "/proc/self/fd/3", target], {
      env: PROGRAM_ENV,
      stdio: ["ignore", "ignore", "pipe", descriptor],
    });
    let errors = "";
    child.stderr?.on("data", (text: Buffer) => {
      errors += text.toString();
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`mount failed: ${errors.trim()}`)),
    );
  });
}

/** Unmounts everything below a folder, the deepest first. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountPoints().toReversed()) {
    if (point.startsWith(`${folder}/`)) await runProgram("umount", ["-l", point]);
  }
}

/** Unmounts one place if something is mounted there. */
export async function unmountAt(path: string): Promise<void> {
  if (mountPoints().includes(path)) await runProgram("umount", ["-l", path]);
}

function mountPoints(): string[] {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return lines.map((line) => unescape(line.split(" ")[1] ?? ""));
}

/** The kernel writes blanks and their like in octal. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

export function ownerOf(path: string): number {
  return statSync(path).uid;
}
