import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { StartError } from "./start-error.ts";

/**
 * Has the server listen.
 *
 * @param flag - The one that sets the port, for messages.
 * @returns Its base URL.
 * @throws Error with the remedy where the address is taken or not allowed.
 */
export async function listen(
  server: Server,
  host: string,
  port: number,
  flag: string,
  scheme: "http" | "https" = "http",
): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new StartError(
        `Port ${port} on ${host} is taken. Choose another with ${flag}, or end what listens there.`,
        { cause: error },
      );
    }
    if (code === "EACCES")
      throw new StartError(`Port ${port} needs more rights; choose one above 1023 with ${flag}.`, {
        cause: error,
      });
    throw new StartError(`The gateway cannot listen on ${host}:${port}: ${message}`, { cause: error });
  }
  const address = server.address() as AddressInfo;
  return `${scheme}://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}
