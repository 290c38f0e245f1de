import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRuntimeProcess, type RuntimeProcess } from "./support/runtime-process.ts";

/** What a slim image has at the least. */
const PROGRAMS = ["sh", "cat", "ls", "sleep", "wc"];

let programs: string;
let runtime: RuntimeProcess;

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), "sandgate-programs-"));
  for (const name of PROGRAMS) symlinkSync(join("/bin", name), join(programs, name));
  runtime = await startRuntimeProcess({ PATH: programs });
});

afterAll(async () => {
  await runtime.close();
  rmSync(programs, { recursive: true });
});

async function post(path: string, command: string): Promise<string> {
  const answer = await fetch(`${runtime.url}${path}`, { method: "POST", body: JSON.stringify({ command }) });
  expect(answer.status).toBe(200);
  return await answer.text();
}

describe("where there is no Python", () => {
  it("a command of the shell runs, and one in Python is not found", async () => {
    expect(JSON.parse(await post("/execute", "echo $((6*7)) | cat"))).toEqual({
      stdout: "42\n",
      stderr: "",
      exit_code: 0,
    });
    expect(JSON.parse(await post("/execute", "python3 -c 'print(6*7)'"))).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("python3"),
      exit_code: 127,
    });
  });

  it("output is streamed while the command runs", async () => {
    const lines = (await post("/execute/stream", "echo one; sleep 0.2; echo two >&2; exit 3"))
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { stream: "stdout", data: "one\n" },
      { stream: "stderr", data: "two\n" },
      { exit_code: 3 },
    ]);
  });

  it("files are taken, listed, found and given back", async () => {
    const form = new FormData();
    form.append("file", new Blob(["some text"]), "folder/note.txt");
    expect((await fetch(`${runtime.url}/upload`, { method: "POST", body: form })).status).toBe(200);
    expect(await (await fetch(`${runtime.url}/list/folder`)).json()).toEqual([
      expect.objectContaining({ name: "note.txt", size: 9 }),
    ]);
    expect(await (await fetch(`${runtime.url}/exists/folder/note.txt`)).json()).toMatchObject({
      exists: true,
    });
    expect(await (await fetch(`${runtime.url}/download/folder/note.txt`)).text()).toBe("some text");
    expect(JSON.parse(await post("/execute", "wc -c < folder/note.txt"))).toMatchObject({ exit_code: 0 });
  });
});
