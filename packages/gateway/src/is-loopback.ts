import { isIP } from "node:net";

/** Whether an IP address is one of this host's loopback; false for names. */
export function isLoopback(address: string): boolean {
  return (isIP(address) === 4 && address.startsWith("127.")) || address === "::1";
}
