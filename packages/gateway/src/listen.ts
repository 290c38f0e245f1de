import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { StartError } from "./start-error.ts";

/** Where to listen. */
export interface ListenAt {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The flag that sets the port, for messages. */
  readonly flag: string;
  /** Other sockets of this user may listen there too, where all of them say so; the kernel spreads connections over them. */
  readonly shared?: boolean;
}

/**
 * Has the server listen.
 *
 * @throws StartError with the remedy where the address is taken or not allowed.
 */
export async function listen(server: Server, at: ListenAt): Promise<AddressInfo> {
  const { host, port, flag } = at;
  try {
    server.listen({ host, port, ...(at.shared === true ? { reusePort: true } : {}) });
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw portTaken(at, error);
    if (code === "EACCES")
      throw new StartError(`Port ${port} needs more rights; choose one above 1023 with ${flag}.`, {
        cause: error,
      });
    throw new StartError(`The gateway cannot listen on ${host}:${port}: ${message}`, { cause: error });
  }
  return server.address() as AddressInfo;
}

/** Base URL of what listens there. */
export function urlOf({ family, address, port }: AddressInfo, scheme: "http" | "https"): string {
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

export function portTaken({ host, port, flag }: ListenAt, cause?: unknown): StartError {
  return new StartError(
    `Port ${port} on ${host} is taken. Choose another with ${flag}, or end what listens there.`,
    { cause },
  );
}
