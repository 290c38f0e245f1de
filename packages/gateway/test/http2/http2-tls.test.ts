import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { ClientHttp2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issueCertificate } from "../certificate-support.ts";
import { echo, type Echo } from "../echo-support.ts";
import { entry, openBench, type Bench } from "../support.ts";
import { connect2, send2 } from "./h2-support.ts";

const run = promisify(execFile);

let folder: string;
let bench: Bench;
let session: ClientHttp2Session | undefined;
let prefix: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-h2-"));
  const pair = await issueCertificate(folder, "one", ["gate.example"]);
  bench = await openBench(echo, { tlsCert: pair.cert, tlsKey: pair.key, publicUrl: "https://gate.example" });
  bench.routes.put("alice-box", entry("alice", "box"));
  prefix = `/alice/box:${bench.backendPort}`;
});

afterEach(async () => {
  session?.destroy();
  session = undefined;
  await bench.close();
  rmSync(folder, { recursive: true });
});

/** What the gateway chooses of these. */
async function chosen(offered: string[] | undefined): Promise<string | false | null> {
  const { port } = new URL(bench.gateway.url);
  const socket: TLSSocket = connect({
    port: Number(port),
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(offered === undefined ? {} : { ALPNProtocols: offered }),
  });
  try {
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    return socket.alpnProtocol;
  } finally {
    socket.destroy();
  }
}

describe("a gateway with certificates", () => {
  it("speaks HTTP/2 with whoever can, and HTTP/1.1 with the others", async () => {
    expect(await chosen(["h2", "http/1.1"])).toBe("h2");
    expect(await chosen(["http/1.1", "h2"])).toBe("h2");
    expect(await chosen(["http/1.1"])).toBe("http/1.1");
    expect(await chosen(undefined)).toBe(false);
    await expect(chosen(["h3"])).rejects.toThrow(/alert/);
  });

  it("tells the sandbox that a request by HTTP/2 came by HTTPS", async () => {
    session = await connect2(bench.gateway.url, { rejectUnauthorized: false });
    const answer = await send2(session, { ":authority": "gate.example", ":path": `${prefix}/` });
    expect((JSON.parse(answer.body.toString()) as Echo).headers).toMatchObject({
      host: "gate.example",
      "x-forwarded-proto": "https",
    });
  });

  it("is spoken to by curl in HTTP/2, with a body", async () => {
    const { port } = new URL(bench.gateway.url);
    const args = ["-sk", "--connect-to", `gate.example:443:127.0.0.1:${port}`, "-w", "\n%{http_version}"];
    const body = "x".repeat(100_000);
    const { stdout } = await run("curl", [...args, "-d", body, `https://gate.example${prefix}/`], {
      maxBuffer: 1e7,
    });
    const [text = "", version] = stdout.split("\n");
    expect(version).toBe("2");
    expect((JSON.parse(text) as Echo).body).toBe(body);
  });

  it("takes no HTTP/2 on a connection that was not agreed to be one", async () => {
    const { port } = new URL(bench.gateway.url);
    const socket = connect({ port: Number(port), rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});
