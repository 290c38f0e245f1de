/** What goes over the wire, byte by byte, on both sides of the gateway. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRawBench, type Peer, type RawBench } from "./raw-support.ts";

let bench: RawBench;
beforeEach(async () => {
  bench = await openRawBench();
});
afterEach(async () => {
  await bench.close();
});

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function get(path = "/", more = ""): string {
  return `GET ${bench.prefix}${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;
}

function post(framing: string, body: string, more = ""): string {
  return `POST ${bench.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n${framing}\r\n${more}\r\n${body}`;
}

/** A client that has sent that, and the sandbox that got it. */
async function send(text: string): Promise<{ client: Peer; sandbox: Peer }> {
  const client = await bench.client();
  client.write(text);
  const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
  return { client, sandbox };
}

describe("connections", () => {
  it("are kept on both sides, and the sandbox's serves other clients too", async () => {
    const { client, sandbox } = await send(get("/one"));
    sandbox.write(OK);
    await client.untilText(/\r\n\r\nok$/);
    expect(client.take()).not.toMatch(/connection:/i);
    client.write(get("/two"));
    await sandbox.untilText("GET /two");
    sandbox.write(OK);
    await client.untilText(/\r\n\r\nok$/);
    const other = await bench.client();
    other.write(get("/three"));
    await sandbox.untilText("GET /three");
    sandbox.write(OK);
    await other.untilText(/\r\n\r\nok$/);
    expect(bench.dialled).toBe(1);
  });

  it("of the sandbox are used no more after Connection: close, bytes that nobody asked for, or an end", async () => {
    const spoilers: ((sandbox: Peer) => void)[] = [
      (sandbox) => sandbox.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
      (sandbox) => sandbox.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
      (sandbox) => {
        sandbox.write(OK);
        sandbox.socket.end();
      },
    ];
    for (const spoil of spoilers) {
      const client = await bench.client();
      client.write(get());
      const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
      spoil(sandbox);
      await client.untilText(/\r\n\r\nok$/);
      await sandbox.until(({ closed, ended }) => closed || ended);
      expect(client.text).not.toContain("evil");
    }
    expect(bench.dialled).toBe(3);
  });

  it("that the sandbox closes as a GET is sent on them cost the client nothing", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write(OK);
    await client.untilText(/\r\n\r\nok$/);
    client.take();
    client.write(get("/again"));
    await sandbox.untilText("GET /again");
    sandbox.socket.destroy();
    const second = await (await bench.sandbox()).untilText("GET /again");
    second.write(OK);
    await client.untilText(/^HTTP\/1\.1 200 .*ok$/s);
  });

  it("that the sandbox closes as a POST is sent on them end it: it may have been carried out", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write(OK);
    await client.untilText(/\r\n\r\nok$/);
    client.take();
    client.write(post("Content-Length: 2", "hi"));
    await sandbox.untilText("POST /");
    sandbox.socket.destroy();
    await client.untilText("BROKEN");
    expect(client.text).toMatch(/^HTTP\/1\.1 502 /);
    expect(bench.dialled).toBe(1);
  });

  it("of HTTP/1.0 end with the answer, or stay where the client says so", async () => {
    const { client, sandbox } = await send(`GET ${bench.prefix}/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`);
    expect(sandbox.take()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
    sandbox.write(OK);
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n\r\nok$/s);
    const kept = await bench.client();
    kept.write(`GET ${bench.prefix}/ HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`);
    await sandbox.untilText("\r\n\r\n");
    sandbox.write(OK);
    await kept.untilText(/ok$/);
    expect(kept.text).toContain("Connection: keep-alive\r\n");
    expect(kept.ended).toBe(false);
  });
});

describe("requests in a row", () => {
  it("are sent one after the other, and answered in their order", async () => {
    const client = await bench.client();
    client.write(get("/1") + post("Content-Length: 2", "hi") + get("/3"));
    const sandbox = await (await bench.sandbox()).untilText("GET /1");
    expect(sandbox.text).not.toContain("POST");
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    await sandbox.untilText("\r\n\r\nhi");
    expect(sandbox.text).not.toContain("/3");
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
    await sandbox.untilText("GET /3");
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
    await client.untilText(/\r\n\r\n3$/);
    expect([...client.text.matchAll(/\r\n\r\n([0-9])/g)].map((match) => match[1])).toEqual(["1", "2", "3"]);
  });

  it("of the gateway's own pages are all answered, a thousand of them", async () => {
    const client = await bench.client();
    client.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(1000));
    await client.until(({ text }) => text.split("HTTP/1.1 200 OK").length === 1001);
  });

  it("after a refused one are not read: nobody knows where it ended", async () => {
    const client = await bench.client();
    client.write(`POST ${bench.prefix}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx${get()}`);
    await client.until(({ ended }) => ended);
    expect(client.text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(client.text).toMatch(/^HTTP\/1\.1 400 .*Connection: close/s);
    expect(bench.dialled).toBe(0);
  });
});

describe("bodies", () => {
  it("in chunks go on as they are, extensions and trailers too, both ways", async () => {
    const chunked = '5;a=b;c="d e"\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n';
    const { client, sandbox } = await send(post("Transfer-Encoding: chunked", chunked));
    await sandbox.untilText("X-Sum: 1\r\n\r\n");
    expect(sandbox.text.endsWith(`\r\n\r\n${chunked}`)).toBe(true);
    sandbox.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`);
    await client.untilText("X-Sum: 1\r\n\r\n");
    expect(client.text.endsWith(`\r\n\r\n${chunked}`)).toBe(true);
  });

  it("that end with the connection reach a client of HTTP/1.1 in chunks, and it stays connected", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write("HTTP/1.1 200 OK\r\n\r\nabc");
    await client.untilText("abc");
    sandbox.socket.end("defg");
    await client.untilText(/\r\n0\r\n\r\n$/);
    expect(client.text).toContain("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    expect(client.ended).toBe(false);
  });

  it("in chunks reach a client of HTTP/1.0 without them", async () => {
    const { client, sandbox } = await send(`GET ${bench.prefix}/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`);
    sandbox.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n3\r\nabc\r\n");
    await client.untilText("abc");
    sandbox.write("4\r\ndefg\r\n0\r\nX-A: 1\r\n\r\n");
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(
      /^HTTP\/1\.1 200 OK\r\nX-Request-Id: \S+\r\nConnection: close\r\n\r\nabcdefg$/,
    );
  });

  it.each(["HEAD", "GET"])(
    "of an answer to %s with status 304 are none, whatever its head says",
    async (method) => {
      const { client, sandbox } = await send(get().replace("GET", method));
      sandbox.write("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n");
      await client.untilText(/Content-Length: 100\r\n.*\r\n\r\n$/s);
      client.write(get("/next"));
      await sandbox.untilText("GET /next");
    },
  );

  it("are answered before their end, and then the rest is not wanted", async () => {
    const { client, sandbox } = await send(post("Content-Length: 1000", "begin"));
    sandbox.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    await client.untilText(/\r\n\r\nno$/);
    await client.until(({ ended }) => ended);
    await sandbox.until(({ closed, ended }) => closed || ended);
  });

  it("that grow past their length are cut there, and nothing behind is taken for a request", async () => {
    const { client, sandbox } = await send(post("Content-Length: 2", "hiGET /evil HTTP/1.1\r\n"));
    await sandbox.untilText("\r\n\r\nhi");
    sandbox.write(OK);
    client.write("\r\n");
    await client.untilText("400 Bad Request");
    expect(sandbox.text).not.toContain("evil");
  });
});

describe("interim answers", () => {
  it("reach the client in their order, before the last", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n");
    await client.untilText("103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n");
    sandbox.write(`HTTP/1.1 102 Processing\r\n\r\n${OK}`);
    await client.untilText(/102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n.*ok$/s);
  });

  it("are kept from a client of HTTP/1.0, which knows none", async () => {
    const { client, sandbox } = await send(`GET ${bench.prefix}/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`);
    sandbox.write(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`);
    await client.until(({ ended }) => ended);
    expect(client.text).not.toContain("103");
  });

  it("without end are an error", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(100));
    await client.untilText("BROKEN");
  });

  it("other than 100-continue are not to be expected", async () => {
    const client = await bench.client();
    client.write(get("/", "Expect: a-miracle\r\n"));
    await client.untilText("EXPECTATION_FAILED");
    expect(client.text).toMatch(/^HTTP\/1\.1 417 /);
  });
});

describe("a client", () => {
  it("that has sent its end after the request gets the answer", async () => {
    const client = await bench.client();
    client.socket.end(get());
    const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
    sandbox.write(OK);
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/\r\n\r\nok$/);
  });

  it("that goes while it waits ends the request to the sandbox", async () => {
    const { client, sandbox } = await send(get());
    client.socket.destroy();
    await sandbox.until(({ closed, ended }) => closed || ended);
  });

  it("that goes in the middle of its body ends the request to the sandbox", async () => {
    const { client, sandbox } = await send(post("Content-Length: 1000", "begin"));
    client.socket.destroy();
    await sandbox.until(({ closed, ended }) => closed || ended);
  });

  it("that goes in the middle of the answer ends it", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    await client.untilText("\r\n\r\n");
    client.socket.resetAndDestroy();
    await sandbox.until(({ closed, ended }) => closed || ended);
  });

  it("that sends an empty line between two requests is served", async () => {
    const client = await bench.client();
    client.write("\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await client.untilText("200 OK");
  });
});

describe("an upgrade", () => {
  const UPGRADE = "Connection: Upgrade\r\nUpgrade: echo\r\n";

  it("that the sandbox refuses ends the connection, and bytes that came early are no request", async () => {
    const client = await bench.client();
    client.write(get("/", UPGRADE) + get("/early"));
    const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
    sandbox.write("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
    await client.until(({ ended }) => ended);
    expect(client.text).toContain("Connection: close");
    expect(sandbox.text).not.toContain("early");
  });

  it("to HTTP/2 is passed over: requests inside would be seen by nobody", async () => {
    const { sandbox } = await send(
      get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
    );
    expect(sandbox.text).not.toMatch(/upgrade|http2/i);
  });

  it("named by one of the two headers only is none", async () => {
    const { sandbox } = await send(get("/", "Upgrade: websocket\r\n"));
    expect(sandbox.text).not.toMatch(/upgrade/i);
  });

  it("is answered 101 only where it was asked for", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await client.untilText("BROKEN");
  });

  it("passes bytes that came with its head, both ways", async () => {
    const client = await bench.client();
    client.write(`${get("/", UPGRADE)}early`);
    const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
    sandbox.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhere");
    await sandbox.untilText(/early$/);
    await client.untilText(/\r\n\r\nhere$/);
  });
});
