import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issueCertificate } from "../certificate-support.ts";
import { metric, openWorkers, type WorkersBench } from "./workers-support.ts";

let folder: string;
let bench: WorkersBench;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-workers-tls-"));
});
afterEach(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

/** One request on a connection of its own. */
async function visit(
  port: number,
  session?: Buffer,
): Promise<{ reused: boolean; session: Buffer | undefined }> {
  const socket: TLSSocket = connect({
    port,
    host: "127.0.0.1",
    servername: "gate.example",
    rejectUnauthorized: false,
    ...(session === undefined ? {} : { session }),
  });
  let given: Buffer | undefined;
  socket.on("session", (ticket: Buffer) => (given = ticket));
  await once(socket, "secureConnect");
  const reused = socket.isSessionReused();
  socket.end("GET /healthz HTTP/1.1\r\nHost: gate.example\r\nConnection: close\r\n\r\n");
  socket.resume();
  await once(socket, "close");
  return { reused, session: given };
}

describe("HTTPS by several threads", () => {
  it("goes on with a client's session in whichever thread its next connection comes to", async () => {
    const { cert, key } = await issueCertificate(folder, "gate", ["gate.example"]);
    bench = await openWorkers((_request, response) => response.end("ok"), { tlsCert: cert, tlsKey: key });
    const port = Number(new URL(bench.gateway.url).port);
    const { session, reused } = await visit(port);
    expect(reused).toBe(false);
    const visits = await Promise.all(Array.from({ length: 30 }, () => visit(port, session)));
    expect(visits.filter((one) => one.reused).length).toBe(30);
    const each = [...(await metric(bench.gateway, "sandgate_worker_requests_total")).values()];
    expect(each.filter((count) => count > 0).length).toBeGreaterThan(1);
  });
});
