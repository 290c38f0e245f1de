import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { silentLogger, type Logger } from "@sandgate/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { issueCertificate } from "./certificate-support.ts";
import { readPrometheusText, type Family } from "./prometheus-text.ts";
import { entry, openBench, raw, type Bench } from "./support.ts";

let folder: string;
let bench: Bench | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-tls-"));
});
afterEach(async () => {
  await bench?.close();
  bench = undefined;
  rmSync(folder, { recursive: true });
});

const issue = (file: string, names: readonly string[]): ReturnType<typeof issueCertificate> =>
  issueCertificate(folder, file, names);

async function open(
  handler: Parameters<typeof openBench>[0],
  pairs: readonly { cert: string; key: string }[],
  more: Record<string, unknown> = {},
  logger: Logger = silentLogger,
): Promise<URL> {
  bench = await openBench(
    handler,
    {
      tlsCert: pairs.map(({ cert }) => cert).join(),
      tlsKey: pairs.map(({ key }) => key).join(),
      publicUrl: "https://gate.example",
      ...more,
    },
    { logger },
  );
  bench.routes.put("alice-box", entry("alice", "box"));
  return new URL(`${bench.gateway.url}/alice/box:${bench.backendPort}/`);
}

/** A loaded machine takes its time; what is waited for comes, or the test fails. */
const SOON = { timeout: 10_000 };

const ANYBODYS = { rejectUnauthorized: false } as const;

async function get(url: URL, options: RequestOptions = {}, body?: Buffer): Promise<string> {
  const sent = request(url, { ...ANYBODYS, agent: false, ...options });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return (await response.setEncoding("latin1").toArray()).join("");
}

/** The name in the certificate that a client gets who asks for that one. */
async function nameFor(url: URL, options: ConnectionOptions): Promise<string> {
  const socket: TLSSocket = connect({ host: url.hostname, port: Number(url.port), ...ANYBODYS, ...options });
  await once(socket, "secureConnect");
  const { subjectAltName } = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return subjectAltName ?? "";
}

describe("a gateway with certificates", () => {
  it("speaks HTTPS, and tells the sandbox so", async () => {
    const url = await open(
      (request, response) => response.end(JSON.stringify(request.headers)),
      [await issue("one", ["gate.example"])],
    );
    expect(url.protocol).toBe("https:");
    expect(JSON.parse(await get(url))).toMatchObject({ "x-forwarded-proto": "https" });
  });

  it("gives each client the certificate for the name that it asks for, and the first to the others", async () => {
    const pairs = [await issue("one", ["gate.example"]), await issue("two", ["*.sandboxes.example"])];
    const url = await open((_request, response) => response.end(), pairs);
    expect(await nameFor(url, { servername: "gate.example" })).toBe("DNS:gate.example");
    expect(await nameFor(url, { servername: "box--alice.sandboxes.example" })).toBe(
      "DNS:*.sandboxes.example",
    );
    expect(await nameFor(url, { servername: "other.example" })).toBe("DNS:gate.example");
    expect(await nameFor(url, {})).toBe("DNS:gate.example");
  });

  it("counts connections from before their handshake, and each once", async () => {
    const url = await open(
      (_request, response) => response.end("ok"),
      [await issue("one", ["gate.example"])],
      {
        maxConnections: 1,
      },
    );
    const silent = connectTcp(Number(url.port), url.hostname);
    await once(silent, "connect");
    await expect(get(url)).rejects.toThrow(/ECONNRESET|socket disconnected/);
    silent.resetAndDestroy();
    // The gateway hears of that end a moment later.
    let answer = "";
    while (answer === "") answer = await get(url).catch(() => "");
    expect(answer).toBe("ok");
    answer = "";
    while (answer === "") answer = await get(url).catch(() => "");
    expect(answer).toBe("ok");
  });

  it("sends browsers on to origins of HTTPS", async () => {
    const url = await open((_request, response) => response.end(), [await issue("one", ["gate.example"])], {
      baseDomain: "sandboxes.example",
    });
    const sent = request(url, {
      ...ANYBODYS,
      headers: { host: "gate.example", "sec-fetch-dest": "document" },
    });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect(response.headers.location).toBe(`https://${bench?.backendPort}--box--alice.sandboxes.example/`);
    response.resume();
  });

  it("takes up new certificates when their files change, and keeps the old where they are broken", async () => {
    const pair = await issue("one", ["old.example"]);
    const refused: string[] = [];
    const logger: Logger = { ...silentLogger, error: (message) => void refused.push(message) };
    const url = await open((_request, response) => response.end(), [pair], {}, logger);
    expect(await nameFor(url, {})).toBe("DNS:old.example");
    await issue("one", ["new.example"]);
    await expect.poll(() => nameFor(url, {})).toBe("DNS:new.example");
    expect(await nameFor(url, { servername: "new.example" })).toBe("DNS:new.example");
    refused.length = 0;
    writeFileSync(pair.key, "not a key");
    await expect.poll(() => refused).toEqual(["certificates could not be read again; the old ones stay"]);
    expect(await nameFor(url, {})).toBe("DNS:new.example");
  });

  it("tells in its metrics when certificates end, what became of new ones, and how many bytes it carried", async () => {
    const pair = await issue("one", ["gate.example"]);
    const url = await open((_request, response) => response.end("x".repeat(50_000)), [pair], {
      metricsPort: 0,
    });
    const metrics = async (): Promise<Map<string, Family>> =>
      readPrometheusText(await (await fetch(`${bench?.gateway.metricsUrl}/metrics`)).text());
    await get(url);
    await expect
      .poll(
        async () => (await metrics()).get("sandgate_connections_open")?.samples.get('listener="gateway"'),
        SOON,
      )
      .toBe(0);
    const seen = await metrics();
    const ends = new X509Certificate(readFileSync(pair.cert)).validToDate.getTime() / 1000;
    expect([...(seen.get("sandgate_certificate_expiry_timestamp_seconds")?.samples ?? [])]).toEqual([
      [`file=${JSON.stringify(pair.cert)}`, ends],
    ]);
    const bytes = seen.get("sandgate_client_bytes_total")?.samples;
    expect(bytes?.get('direction="out"')).toBeGreaterThan(50_000);
    expect(bytes?.get('direction="in"')).toBeGreaterThan(50);
    const reloads = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await metrics()).get("sandgate_reloads_total")?.samples ?? []);
    expect(await reloads()).toEqual({
      'result="ok",what="certificates"': 0,
      'result="failed",what="certificates"': 0,
    });
    writeFileSync(pair.key, "no key");
    await expect
      .poll(async () => (await reloads())['result="failed",what="certificates"'], SOON)
      .toBeGreaterThan(0);
    expect((await reloads())['result="ok",what="certificates"']).toBe(0);
  });

  it("passes 8 MiB both ways, every byte", async () => {
    const url = await open(
      (request, response) => void request.pipe(response),
      [await issue("one", ["gate.example"])],
    );
    const body = randomBytes(8 * 1024 * 1024);
    const hash = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
    const back = await get(url, { method: "POST", headers: { "content-length": body.length } }, body);
    expect(hash(Buffer.from(back, "latin1"))).toBe(hash(body));
  });

  it("carries WebSockets", async () => {
    const url = await open((_request, response) => response.end(), [await issue("one", ["gate.example"])]);
    const server = new WebSocketServer({ server: bench!.backend });
    server.on("connection", (peer) => peer.on("message", (data) => peer.send(data, { binary: false })));
    const client = new WebSocket(url.href.replace("https", "wss"), ANYBODYS);
    await once(client, "open");
    client.send("through");
    const [data] = (await once(client, "message")) as [RawData];
    expect((data as Buffer).toString()).toBe("through");
    client.close(1000);
    await once(client, "close");
  });

  it("speaks neither cleartext nor versions before 1.2", async () => {
    const url = await open((_request, response) => response.end(), [await issue("one", ["gate.example"])]);
    expect(
      await raw(url.href, "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").catch(() => ""),
    ).not.toContain("HTTP");
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(nameFor(url, old)).rejects.toThrow();
  });

  it("does not start with a certificate and another's key, without a key, or without the file", async () => {
    const [one, two] = [await issue("one", ["a.example"]), await issue("two", ["b.example"])];
    const start = (cert: string, key: string): Promise<Bench> =>
      openBench((_request, response) => response.end(), { tlsCert: cert, tlsKey: key });
    await expect(start(one.cert, two.key)).rejects.toThrow(
      /one\.crt and .*two\.key are no certificate and key/,
    );
    await expect(start(one.cert, "")).rejects.toThrow(/every certificate needs its key/);
    await expect(start(`${one.cert}x`, one.key)).rejects.toThrow(/cannot be read: .*one\.crtx/);
  });
});
