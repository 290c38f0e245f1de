/** A side that is slow, at times that are small here: each ends as the page of the data plane says, and leaves nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";
import { openClient, openRawSandbox, type Client, type RawSandbox } from "./phases.ts";

const HEAD_MS = 600;
const CONNECT_MS = 300;
const FIRST_BYTE_MS = 400;
const IDLE_MS = 500;
const MEBIBYTE = 1024 * 1024;

let gateway: GatewayProcess;
let box: RawSandbox;
beforeAll(async () => {
  gateway = await startGatewayProcess({
    headTimeoutMs: HEAD_MS,
    connectTimeoutMs: CONNECT_MS,
    firstByteTimeoutMs: FIRST_BYTE_MS,
    idleTimeoutMs: IDLE_MS,
  });
  box = await openRawSandbox();
});
afterAll(async () => {
  box.close();
  await gateway.close();
});

function headOf(method: string, ...lines: string[]): string {
  return [`${method} /alice/box:${box.port}/ HTTP/1.1`, "Host: 127.0.0.1", ...lines, "", ""].join("\r\n");
}

async function send(text: string): Promise<Client> {
  const client = await openClient(gateway.url);
  client.peer.write(text);
  return client;
}

/** That nothing is under way any more, and no connection to a sandbox or of a client is left. */
async function expectNothingLeft(): Promise<void> {
  const count = async (): Promise<number[]> => [
    await gateway.metric("sandgate_requests_in_flight"),
    await gateway.metric('sandgate_upstream_connections{state="busy"}'),
    await gateway.metric('sandgate_connections_open{listener="gateway"}'),
  ];
  await expect.poll(count, { timeout: 20_000 }).toEqual([0, 0, 0]);
}

/** Ends the client's side once the gateway has ended its own. */
async function untilEnded({ peer, wire }: Client): Promise<string> {
  await peer.until(({ ended, closed }) => ended || closed);
  wire.destroy();
  return peer.text;
}

describe("a slow client", () => {
  it("that sends a byte of its head now and then is answered 408: its time counts from the first", async () => {
    const client = await send("GET /alice/box/ HTTP/1.1\r\nX: ");
    const sending = setInterval(() => client.peer.write("x"), 50);
    expect(await untilEnded(client)).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(sending);
    await expectNothingLeft();
  });

  it.each(["Content-Length: 100", "Transfer-Encoding: chunked"])(
    "whose body (%s) pauses is answered 408, and the sandbox's connection is cut",
    async (framing) => {
      const client = await send(`${headOf("POST", framing)}5\r\nhe`);
      const sandbox = await (await box.next()).untilText("he");
      expect(await untilEnded(client)).toMatch(/^HTTP\/1\.1 408 [^]*REQUEST_TOO_SLOW/);
      await sandbox.until(({ ended, closed }) => ended || closed);
      sandbox.socket.destroy();
      await expectNothingLeft();
    },
  );

  it("whose body never pauses for that long is heard to its end", async () => {
    const client = await send(headOf("POST", "Content-Length: 8"));
    const sandbox = await box.next();
    for (const byte of "slowbody") {
      client.peer.write(byte);
      await sandbox.untilText(new RegExp(`${byte}$`));
    }
    sandbox.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    await client.peer.untilText(/ok$/);
    client.wire.destroy();
    await expectNothingLeft();
  });

  it("that does not read its answer is cut, and the sandbox is told", async () => {
    const client = await openClient(gateway.url);
    client.wire.pause();
    client.wire.write(headOf("GET"));
    const sandbox = await (await box.next()).untilText("\r\n\r\n");
    sandbox.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * MEBIBYTE}\r\n\r\n`);
    sandbox.socket.write(Buffer.alloc(64 * MEBIBYTE));
    await sandbox.until(({ ended, closed }) => ended || closed);
    expect(sandbox.socket.bytesWritten).toBeLessThanOrEqual(64 * MEBIBYTE + 100);
    client.wire.destroy();
    sandbox.socket.destroy();
    await expectNothingLeft();
  });
});

describe("a slow sandbox", () => {
  it("that does not begin its answer is given up with 504", async () => {
    const client = await send(headOf("GET"));
    const sandbox = await (await box.next()).untilText("\r\n\r\n");
    await client.peer.untilText("TOO_SLOW");
    expect(client.peer.text).toMatch(/^HTTP\/1\.1 504 /);
    await sandbox.until(({ ended, closed }) => ended || closed);
    client.wire.destroy();
    sandbox.socket.destroy();
    await expectNothingLeft();
  });

  it("that says that it is at work is given up all the same: interim answers are none", async () => {
    const client = await send(headOf("GET"));
    const sandbox = await (await box.next()).untilText("\r\n\r\n");
    sandbox.write("HTTP/1.1 102 Processing\r\n\r\n");
    await client.peer.untilText("TOO_SLOW");
    client.wire.destroy();
    sandbox.socket.destroy();
    await expectNothingLeft();
  });

  it("whose head does not end is given up with 504", async () => {
    const client = await send(headOf("GET"));
    const sandbox = await (await box.next()).untilText("\r\n\r\n");
    sandbox.write("HTTP/1.1 200 OK\r\nX: ");
    const sending = setInterval(() => sandbox.write("x"), 50);
    await client.peer.untilText("TOO_SLOW");
    clearInterval(sending);
    client.wire.destroy();
    sandbox.socket.destroy();
    await expectNothingLeft();
  });

  it.each([
    ["of a known length", "Content-Length: 100\r\n\r\npart"],
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\npart"],
    ["that ends with the connection", "\r\npart"],
  ])("whose body %s pauses is cut, and the client does not take it for whole", async (_how, rest) => {
    const client = await send(headOf("GET"));
    const sandbox = await (await box.next()).untilText("\r\n\r\n");
    sandbox.write(`HTTP/1.1 200 OK\r\n${rest}`);
    await client.peer.untilText("part");
    const text = await untilEnded(client);
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    await sandbox.until(({ ended, closed }) => ended || closed);
    sandbox.socket.destroy();
    await expectNothingLeft();
  });

  it("that does not read its request's body holds the client up, and is given up with 504", async () => {
    const client = await openClient(gateway.url);
    client.wire.write(headOf("POST", `Content-Length: ${64 * MEBIBYTE}`));
    const sandbox = await box.next();
    await sandbox.untilText("\r\n\r\n");
    sandbox.socket.pause();
    client.wire.write(Buffer.alloc(64 * MEBIBYTE));
    await client.peer.until(({ text, ended, closed }) => text.includes("TOO_SLOW") || ended || closed);
    expect(client.peer.text).toMatch(/^HTTP\/1\.1 504 /);
    expect(client.wire.bytesWritten - client.wire.writableLength).toBeLessThan(64 * MEBIBYTE);
    client.wire.destroy();
    sandbox.socket.destroy();
    await expectNothingLeft();
  });
});

describe("a tunnel", () => {
  it("may be silent for longer than any of these times", async () => {
    const client = await send(headOf("GET", "Connection: Upgrade", "Upgrade: echo"));
    const sandbox = await (await box.next()).untilText("\r\n\r\n");
    sandbox.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhere");
    await client.peer.untilText("here");
    // Whoever comes later, and is told to be too slow, has waited for as long as the tunnel.
    const other = await send(`${headOf("POST", "Content-Length: 9")}x`);
    await box.next();
    await other.peer.untilText("REQUEST_TOO_SLOW");
    client.peer.write("still");
    await sandbox.untilText("still");
    for (const { wire } of [client, other]) wire.destroy();
    sandbox.socket.destroy();
    await expectNothingLeft();
  });
});
