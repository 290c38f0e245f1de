/** Texts by type, as in `core.Pod`, and by member; "" is the type itself. */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;
