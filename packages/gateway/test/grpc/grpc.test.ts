/** gRPC by its own clients and servers, through the gateway. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compressionAlgorithms, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issueCertificate } from "../certificate-support.ts";
import { entry, writeKeys } from "../support.ts";
import {
  ECHO,
  openEchoServer,
  openGrpcBench,
  status,
  type EchoClient,
  type GrpcBench,
} from "./grpc-support.ts";

let grpc: GrpcBench;
beforeEach(async () => {
  grpc = await openGrpcBench();
});
afterEach(async () => {
  await grpc.close();
});

const same = (bytes: Buffer): Buffer => bytes;

describe.each(["byHost", "byHeaders"] as const)("a client that addresses its sandbox %s", (form) => {
  let client: EchoClient;
  beforeEach(() => {
    client = grpc[form]();
  });

  it("calls a method, with metadata both ways", async () => {
    const metadata = client.metadata({ "x-mine": "1" });
    metadata.set("x-mine-bin", Buffer.from([0, 255]));
    const call = client.client.makeUnaryRequest(
      ECHO.unary.path,
      same,
      same,
      Buffer.from("hello"),
      metadata,
      () => {},
    );
    const [initial, ended] = await Promise.all([
      new Promise<Metadata>((resolve) => call.once("metadata", resolve)),
      new Promise<{ code: number; metadata: Metadata }>((resolve) => call.once("status", resolve)),
    ]);
    expect(ended.code).toBe(status.OK);
    expect(initial.get("x-initial")).toEqual(["1"]);
    expect(ended.metadata.get("x-trailing")).toEqual(["2"]);
    expect(ended.metadata.get("x-bytes-bin")).toEqual([Buffer.from([0, 1, 254, 255])]);
    const { metadata: seen } = grpc.echo.seen;
    expect(seen?.get("x-mine")).toEqual(["1"]);
    expect(seen?.get("x-mine-bin")).toEqual([Buffer.from([0, 255])]);
    expect(seen?.get("x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(seen?.get("x-sandbox-id")).toEqual([]);
  });

  it("gets a stream", async () => {
    const stream = client.client.makeServerStreamRequest(
      ECHO.repeat.path,
      same,
      same,
      Buffer.from("1000"),
      client.metadata(),
    );
    const got: string[] = [];
    for await (const part of stream) got.push((part as Buffer).toString());
    expect(got).toEqual(Array.from({ length: 1000 }, (_, index) => `${index}`));
  });

  it("sends a stream", async () => {
    const answer = Promise.withResolvers<Buffer>();
    const stream = client.client.makeClientStreamRequest(
      ECHO.join.path,
      same,
      same,
      client.metadata(),
      (error, value) => {
        if (error === null) answer.resolve(value!);
        else answer.reject(error);
      },
    );
    for (const word of ["a", "b", "c"]) stream.write(Buffer.from(word));
    stream.end();
    expect((await answer.promise).toString()).toBe("a+b+c");
  });

  it("sends and gets in turn, one waiting for the other", async () => {
    const stream = client.client.makeBidiStreamRequest(ECHO.talk.path, same, same, client.metadata());
    const parts = stream[Symbol.asyncIterator]();
    for (let round = 0; round < 50; round++) {
      stream.write(Buffer.from(`round ${round}`));
      const { value } = (await parts.next()) as { value: Buffer };
      expect(value.toString()).toBe(`ROUND ${round}`);
    }
    const ended = new Promise<{ code: number }>((resolve) => stream.once("status", resolve));
    stream.end();
    expect((await parts.next()).done).toBe(true);
    expect((await ended).code).toBe(status.OK);
  });

  it("gets a failure with its message and details", async () => {
    for (const code of [status.NOT_FOUND, status.UNAVAILABLE, status.UNAUTHENTICATED]) {
      const failed = client.unary(ECHO.fail, "x", client.metadata({ "x-code": `${code}` }));
      const error = await failed.catch((one: ServiceError) => one as ServiceError);
      expect(error).toMatchObject({ code, details: "no: \u00fc 100%" });
      const { metadata } = error as ServiceError;
      expect(metadata.get("grpc-status-details-bin")).toEqual([Buffer.from("details")]);
    }
  });

  it("is told of a method that there is not", async () => {
    const missing = { ...ECHO.unary, path: "/test.Echo/Missing" };
    await expect(client.unary(missing, "x")).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe("a call", () => {
  it("ends by its deadline, and the server learns of it", async () => {
    const client = grpc.byHost();
    const call = client.unary(ECHO.hang, "x", client.metadata(), { deadline: Date.now() + 200 });
    await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await grpc.echo.seen.cancelled;
  });

  it("is cancelled, and the server learns of it", async () => {
    const client = grpc.byHost();
    const failed = Promise.withResolvers<ServiceError | null>();
    const call = client.client.makeUnaryRequest(
      ECHO.hang.path,
      same,
      same,
      Buffer.from("x"),
      client.metadata(),
      failed.resolve,
    );
    // The connections have to be made first, or there is nothing to cancel.
    await client.unary(ECHO.unary, "x");
    call.cancel();
    expect(await failed.promise).toMatchObject({ code: status.CANCELLED });
    await grpc.echo.seen.cancelled;
  });

  it("carries large messages both ways", async () => {
    const client = grpc.byHost({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
    const message = randomBytes(16 * 1024 * 1024);
    expect((await client.unary(ECHO.unary, message)).equals(message)).toBe(true);
  });

  it.each([compressionAlgorithms.gzip, compressionAlgorithms.deflate])(
    "may be compressed (%i)",
    async (algorithm) => {
      const client = grpc.byHost({ "grpc.default_compression_algorithm": algorithm });
      const message = Buffer.from("again ".repeat(10_000));
      expect((await client.unary(ECHO.unary, message)).equals(message)).toBe(true);
    },
  );

  it("is one of a hundred at once", async () => {
    const client = grpc.byHost();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => client.unary(ECHO.unary, `message ${index}`)),
    );
    expect(answers.map(String)).toEqual(Array.from({ length: 100 }, (_, index) => `message ${index}`));
  });

  it("whose server ends in the middle has failed, whatever came before", async () => {
    const client = grpc.byHost();
    const stream = client.client.makeBidiStreamRequest(ECHO.talk.path, same, same, client.metadata());
    const failed = new Promise<ServiceError>((resolve) => stream.once("error", resolve));
    stream.write(Buffer.from("one"));
    await new Promise((resolve) => stream.once("data", resolve));
    grpc.echo.close();
    expect([status.UNAVAILABLE, status.INTERNAL, status.CANCELLED]).toContain((await failed).code);
  });

  it("goes by TLS to the sandbox's own name", async () => {
    await grpc.close();
    const folder = await mkdtemp(join(tmpdir(), "sandgate-grpc-"));
    const pair = await issueCertificate(folder, "own", ["*.sandboxes.example.com"]);
    const flags = { tlsCert: pair.cert, tlsKey: pair.key, baseDomain: "sandboxes.example.com" };
    grpc = await openGrpcBench({ ...flags, publicUrl: "https://gate.example.com" });
    const root = await readFile(pair.cert);
    // The container names one port, so the address needs none.
    const client = grpc.bySecureHost("box--alice.sandboxes.example.com", root);
    expect((await client.unary(ECHO.unary, "hello")).toString()).toBe("hello");
    expect(grpc.echo.seen.metadata?.get("x-forwarded-proto")).toEqual(["https"]);
    await rm(folder, { recursive: true });
  });

  it("reaches a server that has ended and come again", async () => {
    const client = grpc.byHost();
    expect((await client.unary(ECHO.unary, "before")).toString()).toBe("before");
    grpc.echo.close();
    await expect(client.unary(ECHO.unary, "meanwhile")).rejects.toMatchObject({ code: status.UNAVAILABLE });
    const again = await openEchoServer({}, grpc.echo.port);
    expect((await client.unary(ECHO.unary, "after")).toString()).toBe("after");
    again.close();
  });
});

describe("an error of the gateway", () => {
  async function failureOf(call: Promise<Buffer>): Promise<ServiceError> {
    return call.then(
      () => Promise.reject(new Error("it went well")),
      (error: ServiceError) => error,
    );
  }

  it("has a code and a message that say what it is", async () => {
    const error = await failureOf(grpc.byHost({}, "1--none--alice").unary(ECHO.unary, "x"));
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: "There is no sandbox alice/none." });
    expect(error.metadata.get("sandgate-error")).toEqual(["SANDBOX_NOT_FOUND"]);
  });

  it("is the same by metadata", async () => {
    grpc.bench.health.synced = false;
    const error = await failureOf(grpc.byHeaders({}, { "x-sandbox-id": "none" }).unary(ECHO.unary, "x"));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.metadata.get("sandgate-error")).toEqual(["NOT_SYNCED"]);
    const malformed = await failureOf(grpc.byHeaders({}, { "x-sandbox-port": "x" }).unary(ECHO.unary, "x"));
    expect(malformed.code).toBe(status.INVALID_ARGUMENT);
  });

  it("says that a sandbox is not ready", async () => {
    const made = entry("alice", "slow");
    grpc.bench.routes.put("alice-slow", {
      ...made,
      state: { state: "Starting", reason: "PodPending", message: "its image is pulled" },
    });
    const error = await failureOf(grpc.byHost({}, "1--slow--alice").unary(ECHO.unary, "x"));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.details).toContain("its image is pulled");
  });

  it("says that nobody listens, and that a port speaks another protocol", async () => {
    const made = entry("alice", "other");
    const ports = [
      { containerPort: 1, name: "grpc" },
      { containerPort: grpc.bench.backendPort, name: "grpc-http" },
    ];
    grpc.bench.routes.put("alice-other", { ...made, sandbox: { ...made.sandbox, ports } });
    const refused = await failureOf(grpc.byHost({}, "1--other--alice").unary(ECHO.unary, "x"));
    expect([refused.code, refused.metadata.get("sandgate-error")]).toEqual([status.UNAVAILABLE, ["REFUSED"]]);
    const port = `${grpc.bench.backendPort}--other--alice`;
    const http1 = await failureOf(grpc.byHost({}, port).unary(ECHO.unary, "x"));
    expect(http1.details).toContain("does not speak HTTP/2");
  });

  it("says that an answer takes too long", async () => {
    await grpc.close();
    grpc = await openGrpcBench({ firstByteTimeoutMs: 100 });
    const error = await failureOf(grpc.byHost().unary(ECHO.hang, "x"));
    expect([error.code, error.metadata.get("sandgate-error")]).toEqual([
      status.DEADLINE_EXCEEDED,
      ["TOO_SLOW"],
    ]);
    await grpc.echo.seen.cancelled;
  });

  it("asks for a key, which is sent as metadata", async () => {
    await grpc.close();
    grpc = await openGrpcBench({ apiKeys: await writeKeys({ alice: "secret", bob: "other" }) });
    const client = grpc.byHost();
    const withKey = (key: string): Promise<Buffer> =>
      client.unary(ECHO.unary, "x", client.metadata({ authorization: `Bearer ${key}` }));
    expect((await failureOf(client.unary(ECHO.unary, "x"))).code).toBe(status.UNAUTHENTICATED);
    expect((await failureOf(withKey("other"))).code).toBe(status.PERMISSION_DENIED);
    expect((await withKey("secret")).toString()).toBe("x");
    expect(grpc.echo.seen.metadata?.get("authorization")).toEqual([]);
  });

  it("is told in the words of HTTP to whoever does not speak gRPC", async () => {
    const url = `${grpc.bench.gateway.url}/alice/none:1/`;
    const headers = { "content-type": "application/grpc-web", te: "trailers" };
    expect((await fetch(url, { method: "POST", headers })).status).toBe(404);
  });
});
