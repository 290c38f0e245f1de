import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";

/** Name of the socket in its folder. */
export const SOCKET = "kubelet.sock";

/**
 * Listens on the socket of a node. It is the node's lock too: one process has it, and gives it back even when it is killed.
 *
 * @param folder - For the socket alone: made here, or taken over where an earlier process has left it.
 * @throws Error where somebody listens there.
 */
export async function listenOnSocket(server: Server, folder: string): Promise<string> {
  const path = join(folder, SOCKET);
  if (await isAnswered(path)) throw new Error(`another node of the same data folder listens on ${path}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return path;
}

/** Keeps nodes from starting, without serving anything. Removes the folder at the end. */
export async function holdSocket(folder: string): Promise<{ close(): Promise<void> }> {
  const server = createServer((connection) => connection.destroy());
  await listenOnSocket(server, folder);
  return {
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a process listens. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
