import type { Writable } from "node:stream";

export interface Progress {
  show(what: string, count: number): void;
  clear(): void;
}

/** One line on a terminal that says what is being read; nothing elsewhere. */
export function createProgress(output: Writable & { isTTY?: boolean }): Progress {
  if (output.isTTY !== true) return { show() {}, clear() {} };
  return {
    show: (what, count) => output.write(`\r\u001B[Kreading ${what}${count > 0 ? `: ${count}` : ""}`),
    clear: () => output.write("\r\u001B[K"),
  };
}
