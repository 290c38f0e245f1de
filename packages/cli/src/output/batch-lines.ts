/** Takes whole lines, as a stream does. */
export interface LineOutput {
  write(text: string): unknown;
}

/** Lines that go out together. */
export interface LineBatch {
  add(line: string): void;
  /** Writes what there is now. */
  flush(): void;
}

/**
 * Gathers the lines of one turn of the event loop: writing to a file or a pipe holds the process up, and under load a turn has
 * dozens of requests. What is left when the process exits is written then.
 */
export function batchLines(output: LineOutput): LineBatch {
  let text = "";
  const flush = (): void => {
    if (text === "") return;
    const ready = text;
    text = "";
    output.write(ready);
  };
  process.once("exit", flush);
  return {
    add(line) {
      if (text === "") setImmediate(flush);
      text += `${line}\n`;
    },
    flush,
  };
}
