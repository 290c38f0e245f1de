import { once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ForwardedConnection } from "./forwarded-connection.ts";
import type { SpdyStream } from "./spdy/session.ts";

/** A connection whose two streams are written here as the node writes them. */
class NodeStream extends PassThrough {
  whenTaken(write: () => void): void {
    write();
  }
}

function open(): { connection: ForwardedConnection; data: PassThrough; error: PassThrough } {
  const [data, error] = [new NodeStream(), new NodeStream()];
  const connection = new ForwardedConnection(
    data as unknown as SpdyStream,
    error as unknown as SpdyStream,
    8888,
  );
  return { connection, data, error };
}

describe("a connection through a tunnel", () => {
  it("is refused also where the node says so after it ended the data", async () => {
    const { connection, data, error } = open();
    connection.resume();
    const failed = once(connection, "error") as Promise<[NodeJS.ErrnoException]>;
    data.end();
    await once(data, "end");
    error.end("dial tcp4 127.0.0.1:8888: connect: connection refused");
    expect((await failed)[0]).toMatchObject({
      code: "ECONNREFUSED",
      message: "port 8888 refuses connections",
    });
  });

  it("ends at once where bytes have come, whatever else the node may have to say", async () => {
    const { connection, data } = open();
    const got = text(connection);
    data.end("all of it");
    expect(await got).toBe("all of it");
  });

  it("ends where the node has nothing to say", async () => {
    const { connection, data, error } = open();
    const got = text(connection);
    data.end();
    error.end();
    error.resume();
    expect(await got).toBe("");
  });

  it("breaks where the data is cut", async () => {
    const { connection, data } = open();
    connection.resume();
    const failed = once(connection, "error") as Promise<[NodeJS.ErrnoException]>;
    data.write("part");
    await once(connection, "data");
    data.destroy();
    expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
  });
});
