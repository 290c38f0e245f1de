import { PassThrough, type Readable } from "node:stream";

/** Output that an attached client has not taken, above which the client loses some. */
const ATTACH_BYTES = 1024 * 1024;

/** Passes one stream of a container's output on to whoever is attached, and waits for none of them. */
export class AttachedClients {
  readonly #clients = new Set<PassThrough>();

  /** @returns The same output, for the log. */
  tee(source: Readable): Readable {
    source.on("data", (chunk: Buffer) => {
      for (const one of this.#clients) if (one.writableLength < ATTACH_BYTES) one.write(chunk);
    });
    const copy = new PassThrough();
    source.pipe(copy);
    return copy;
  }

  /** The output from now on. */
  add(): PassThrough {
    const client = new PassThrough({ highWaterMark: ATTACH_BYTES });
    this.#clients.add(client);
    return client;
  }

  remove(client: PassThrough): void {
    this.#clients.delete(client);
    client.end();
  }
}
