import { Duplex } from "node:stream";
import { crc32, createDeflate, constants, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DICTIONARY, DICTIONARY_ID } from "./dictionary.ts";
import { encodeControl, encodeData, FrameDecoder, FrameType, SpdyError, words } from "./frames.ts";
import { HeaderReader, HeaderWriter, parseNameValues, printNameValues } from "./header-block.ts";
import { SpdySession, type SpdyStream } from "./session.ts";

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return (b * 65536 + a) >>> 0;
}

/** The other end of the connection, as a client writes it. */
function connect(onStream: (stream: SpdyStream) => void): {
  session: SpdySession;
  client: Duplex;
  received: () => Buffer;
} {
  const toClient: Buffer[] = [];
  const client = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      server.push(chunk);
      done();
    },
  });
  const server: Duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      toClient.push(Buffer.from(chunk));
      client.push(chunk);
      done();
    },
  });
  return { session: new SpdySession(server, onStream), client, received: () => Buffer.concat(toClient) };
}

async function deflated(blocks: readonly Buffer[]): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: DICTIONARY });
  let out: Buffer[] = [];
  deflate.on("data", (part: Buffer) => out.push(part));
  const results: Buffer[] = [];
  for (const block of blocks) {
    out = [];
    await new Promise<void>((resolve) => {
      deflate.write(block, () => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    });
    results.push(Buffer.concat(out));
  }
  return results;
}

describe("the dictionary", () => {
  it("is the one that the protocol names by its Adler-32", () => {
    expect(DICTIONARY.length).toBe(1423);
    expect(adler32(DICTIONARY)).toBe(DICTIONARY_ID);
    expect(crc32(DICTIONARY)).toBeGreaterThan(0);
  });
});

describe("FrameDecoder", () => {
  it("finds the same frames however the bytes are split", () => {
    const bytes = Buffer.concat([
      encodeData(1, Buffer.from("hello"), false),
      encodeControl(FrameType.ping, 0, words(7)),
      encodeData(3, Buffer.alloc(0), true),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const decoder = new FrameDecoder();
        const frames = at.slice(1).flatMap((end, index) => decoder.push(bytes.subarray(at[index], end)));
        expect(frames).toEqual([
          { kind: "data", streamId: 1, fin: false, data: Buffer.from("hello") },
          { kind: "control", version: 3, type: FrameType.ping, flags: 0, payload: words(7) },
          { kind: "data", streamId: 3, fin: true, data: Buffer.alloc(0) },
        ]);
      }),
    );
  });

  it("refuses a frame over the limit before it has arrived", () => {
    expect(() => new FrameDecoder().push(Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff]))).toThrow(SpdyError);
  });
});

describe("header blocks", () => {
  it("read what a deflating client writes, one zlib stream over several blocks", async () => {
    const first = new Map([
      ["streamtype", "error"],
      ["port", "8888"],
    ]);
    const second = new Map([
      ["streamtype", "data"],
      ["port", "8888"],
    ]);
    const [a, b] = await deflated([printNameValues(first), printNameValues(second)]);
    const reader = new HeaderReader();
    expect(await reader.read(a ?? Buffer.alloc(0))).toEqual(first);
    expect(await reader.read(b ?? Buffer.alloc(0))).toEqual(second);
    reader.close();
  });

  it("are written so that zlib with the dictionary reads them", async () => {
    const headers = new Map([
      ["status", "200 OK"],
      ["x", "y".repeat(70_000)],
    ]);
    const bytes = new HeaderWriter().write(headers);
    const plain = inflateSync(bytes, { dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
    expect(parseNameValues(plain)).toEqual(headers);
  });

  it("refuse what is no block, and throw nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
        const reader = new HeaderReader();
        try {
          await reader.read(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        } finally {
          reader.close();
        }
      }),
    );
  });
});

describe("SpdySession", () => {
  it("opens a stream, carries data both ways and half-closes", async () => {
    const opened = Promise.withResolvers<SpdyStream>();
    const { client, received, session } = connect(opened.resolve);
    const [block] = await deflated([printNameValues(new Map([["streamtype", "data"]]))]);
    client.write(
      encodeControl(
        FrameType.synStream,
        0,
        Buffer.concat([words(1, 0), Buffer.alloc(2), block ?? Buffer.alloc(0)]),
      ),
    );
    const stream = await opened.promise;
    expect(stream.headers.get("streamtype")).toBe("data");
    client.write(encodeData(1, Buffer.from("ping"), true));
    const text = await stream.setEncoding("utf8").toArray();
    expect(text.join("")).toBe("ping");
    await new Promise<void>((resolve) => stream.end("pong", () => resolve()));
    const frames = new FrameDecoder().push(received());
    expect(
      frames.map((frame) => (frame.kind === "data" ? [frame.data.toString(), frame.fin] : frame.type)),
    ).toEqual([FrameType.synReply, ["pong", false], ["", true]]);
    session.close();
    client.destroy();
  });

  it("answers the peer's pings and ends the connection on a protocol error", async () => {
    const { client, received, session } = connect(() => {});
    client.write(encodeControl(FrameType.ping, 0, words(5)));
    client.write(encodeControl(FrameType.synStream, 0, words(2)));
    await session.done;
    expect(new FrameDecoder().push(received())).toEqual([
      { kind: "control", version: 3, type: FrameType.ping, flags: 0, payload: words(5) },
    ]);
    client.destroy();
  });

  it("opens streams from the client's end, which say what they are for and end on their own", async () => {
    const accepted: SpdyStream[] = [];
    const { client: transport } = connect((stream) => {
      accepted.push(stream);
      stream.pipe(stream);
    });
    const client = new SpdySession(transport, null);
    const streams = ["one", "two"].map((name) => client.open(new Map([["name", name]])));
    const answers = streams.map(async (stream) => {
      let text = "";
      for await (const chunk of stream) text += (chunk as Buffer).toString();
      return text;
    });
    streams.forEach((stream, index) => stream.end(`hello ${index}`));
    expect(await Promise.all(answers)).toEqual(["hello 0", "hello 1"]);
    expect(accepted.map((stream) => [stream.id, stream.headers.get("name")])).toEqual([
      [1, "one"],
      [3, "two"],
    ]);
    transport.destroy();
    await client.done;
    expect(() => client.open(new Map())).toThrow("closed");
  });

  it("holds back what a client writes until the server has taken the stream", async () => {
    const sent: Buffer[] = [];
    const transport = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        sent.push(chunk);
        done();
      },
    });
    const client = new SpdySession(transport, null);
    const stream = client.open(new Map([["name", "one"]]));
    stream.write("early");
    expect(new FrameDecoder().push(Buffer.concat(sent))).toMatchObject([{ type: FrameType.synStream }]);
    const written = new Promise<void>((resolve) => stream.end("", () => resolve()));
    const reply = Buffer.concat([words(stream.id), new HeaderWriter().write(new Map())]);
    transport.push(encodeControl(FrameType.synReply, 0, reply));
    await written;
    expect(new FrameDecoder().push(Buffer.concat(sent)).slice(1)).toMatchObject([
      { streamId: 1, fin: false, data: Buffer.from("early") },
      { streamId: 1, fin: true },
    ]);
    transport.destroy();
  });
});
