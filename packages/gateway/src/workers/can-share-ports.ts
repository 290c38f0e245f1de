import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/**
 * Whether several sockets of this process can listen on one port, with the kernel spreading connections over them; tried on
 * loopback. Linux alone: elsewhere it cannot be told that another gateway listens there already.
 */
export async function canSharePorts(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const opened: Server[] = [];
  const open = async (port: number): Promise<number> => {
    const server = createServer();
    opened.push(server);
    server.listen({ host: "127.0.0.1", port, reusePort: true });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  try {
    await open(await open(0));
    return true;
  } catch {
    // A Node.js without the option passes it over, and the second finds the port taken.
    return false;
  } finally {
    for (const server of opened) server.close();
  }
}
