const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * Whose connections are counted together: those of one IPv4 address, or of one /64 of IPv6. Whoever has one address of a /64
 * nearly always has all of them.
 *
 * @param address - As a socket has it; an IPv4 address in its own form.
 */
export function clientNetwork(address: string): string {
  if (!address.includes(":")) return address;
  const [text = ""] = address.split("%");
  const [before = "", after] = text.split("::");
  const head = groupsOf(before);
  const tail = groupsOf(after ?? "");
  const zeros = after === undefined ? 0 : GROUPS - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return `${groups.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  if (text === "") return [];
  // The last four bytes may be written as IPv4; they are never part of the network.
  return text.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
}
