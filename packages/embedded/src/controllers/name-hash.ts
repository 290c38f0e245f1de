/** FNV-1a, 32 bits, of the name, as eight lower-case hex digits: the value of upstream's `sandbox-name-hash` labels. */
export function nameHash(name: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
