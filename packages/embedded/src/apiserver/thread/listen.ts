import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { DataFolderError } from "../storage/data-folder-error.ts";
import { replaceFile } from "../tls/certificates.ts";

const HOST = "127.0.0.1";

/**
 * Listens on `wanted`; without one, on the port of the last time where it is free, so that a kubeconfig stays good.
 *
 * @param portFile - Where the port is kept for the next time.
 * @returns The port.
 * @throws DataFolderError if the wanted port is taken.
 */
export async function listenOn(
  server: Server,
  wanted: number | undefined,
  portFile: string,
): Promise<number> {
  const port = wanted === undefined || wanted === 0 ? await listenAnywhere(server, portFile) : wanted;
  if (wanted !== undefined && wanted !== 0) {
    try {
      await listen(server, wanted);
    } catch (error) {
      throw explain(error, wanted);
    }
  }
  replaceFile(portFile, `${port}\n`);
  return port;
}

async function listenAnywhere(server: Server, portFile: string): Promise<number> {
  const last = existsSync(portFile) ? Number(readFileSync(portFile, "utf8")) : 0;
  if (Number.isInteger(last) && last > 0 && last < 65_536) {
    try {
      return await listen(server, last);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  return await listen(server, 0);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(error);
    server.once("error", onError);
    server.listen({ host: HOST, port }, () => {
      server.off("error", onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: unknown, port: number): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE" && code !== "EACCES")
    return error instanceof Error ? error : new Error(String(error));
  const why = code === "EADDRINUSE" ? "is in use by another program" : "may not be used by this user";
  return new DataFolderError(
    "PORT_IN_USE",
    `Port ${port} of ${HOST} ${why}. Choose another for the API server, or leave it out to get a free one.`,
    { cause: error },
  );
}
