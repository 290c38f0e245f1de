/** Ports that an annotation names. */
export type PortList = "all" | readonly number[];

const NONE: readonly never[] = [];

/** Reads the annotation; what is no port in it is passed over, see `portListProblem`. */
export function parsePortList(text: string | undefined): PortList {
  if (text === undefined) return NONE;
  if (text.trim() === "*") return "all";
  const ports = partsOf(text).filter(isPort).map(Number);
  return ports.length === 0 ? NONE : ports;
}

/** What in the annotation is passed over; null where all of it counts. */
export function portListProblem(text: string): string | null {
  if (text.trim() === "*") return null;
  const wrong = partsOf(text).filter((part) => !isPort(part));
  return wrong.length === 0 ? null : `${JSON.stringify(wrong.join(", "))} is no port; it is passed over`;
}

function partsOf(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535;
}

export function isListed(list: PortList, port: number): boolean {
  return list === "all" || list.includes(port);
}
