import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { listen, portTaken, type ListenAt } from "../listen.ts";

/** A port that no other program listens on, and no other gateway will. */
export interface ClaimedPort {
  readonly address: AddressInfo;
  /** Lets go of the port itself, for the threads to listen on it; the claim stays. */
  handOver(): Promise<void>;
  release(): void;
}

/**
 * Claims a port for threads that will share it. Sockets that share a port would take one another's connections in silence,
 * also those of two gateways started by mistake. So it is first listened on alone, which fails where anybody listens; and
 * then there is a name that only one process can have, which the kernel takes back when the process ends: a Unix socket
 * in the abstract namespace, of the same network namespace as the port. A program other than Sandgate that asks to share
 * the port later, of the same user, is not kept from it.
 *
 * @throws StartError as `listen` does.
 */
export async function claimPort(at: ListenAt): Promise<ClaimedPort> {
  const held = closedServer();
  const address = await listen(held, at);
  const name = closedServer();
  try {
    name.listen(`\0sandgate:${address.address}:${address.port}`);
    await once(name, "listening");
  } catch (error) {
    held.close();
    throw portTaken({ ...at, port: address.port }, error);
  }
  name.unref();
  return {
    address,
    async handOver() {
      held.close();
      await once(held, "close");
    },
    release() {
      if (held.listening) held.close();
      name.close();
    },
  };
}

/** A server that has nothing to say. */
function closedServer(): Server {
  return createServer((socket: Socket) => socket.destroy());
}
