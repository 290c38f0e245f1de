/** What the reference parsers read. */
export type Fields = readonly (readonly [name: string, value: string])[];

export interface ReadRequest {
  method: string;
  target: string;
  minor: 0 | 1;
  fields: Fields;
  body: string;
  trailers: Fields;
  /** The connection may carry another one. */
  keepsAlive: boolean;
}

/** All that was read of some bytes, and why it went no further. */
export interface Read<Message> {
  messages: Message[];
  /** `empty`: nothing is left; `more`: the rest is the begin of a message; else the rest is not one. */
  rest: "empty" | "more" | Wrong;
}

export interface Wrong {
  readonly wrong: string;
  /** Where the bytes stop being the begin of a message that could be valid: at this one, from the start. */
  readonly phase: "head" | "body";
}

export function valuesOf(fields: Fields, name: string): string[] {
  return fields.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
}
