/** A request as a backend sees it, without its body. */
export interface SeenHead {
  method: string;
  target: string;
  /** In their order, as they were written. */
  headers: readonly (readonly [name: string, value: string])[];
}

/** @param text - Up to and without the empty line. */
export function readHead(text: string): SeenHead {
  const [line = "", ...lines] = text.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const headers = lines.map((one): [string, string] => {
    const colon = one.indexOf(":");
    return [one.slice(0, colon), one.slice(colon + 1).trim()];
  });
  return { method, target, headers };
}

/** The first value of a header, by its name in lower case. */
export function headerOf(head: Pick<SeenHead, "headers">, name: string): string | undefined {
  return head.headers.find(([one]) => one.toLowerCase() === name)?.[1];
}
