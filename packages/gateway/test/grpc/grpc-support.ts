/** A service of gRPC in a sandbox, and clients of it that go through the gateway. Messages are bytes. */
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ChannelOptions,
  type MethodDefinition,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { entry, openBench, type Bench } from "../support.ts";

type Method = MethodDefinition<Buffer, Buffer>;

function method(name: string, requestStream: boolean, responseStream: boolean): Method {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

export const ECHO = {
  unary: method("Unary", false, false),
  /** Answers a message that begins with `3:` by three of them. */
  repeat: method("Repeat", false, true),
  /** Joins all messages with `+`. */
  join: method("Join", true, false),
  /** Answers every message with the same in upper case. */
  talk: method("Talk", true, true),
  /** Fails as its metadata say. */
  fail: method("Fail", false, false),
  /** Never answers. */
  hang: method("Hang", false, false),
} satisfies ServiceDefinition;

export interface EchoServer {
  readonly port: number;
  /** Metadata of the last call of `unary`. */
  readonly seen: { metadata: Metadata | null; cancelled: Promise<void> };
  /** The server itself, for what no service shows. */
  readonly server: Server;
  close(): void;
}

/** @param at - Port to listen on. */
export async function openEchoServer(options: ChannelOptions = {}, at = 0): Promise<EchoServer> {
  const server = new Server({ "grpc.max_receive_message_length": -1, ...options });
  const cancelled = Promise.withResolvers<void>();
  const seen: EchoServer["seen"] = { metadata: null, cancelled: cancelled.promise };
  const service = {
    unary(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      seen.metadata = call.metadata;
      const initial = new Metadata();
      initial.set("x-initial", "1");
      call.sendMetadata(initial);
      const trailing = new Metadata();
      trailing.set("x-trailing", "2");
      trailing.set("x-bytes-bin", Buffer.from([0, 1, 254, 255]));
      answer(null, call.request, trailing);
    },
    repeat(call: ServerWritableStream<Buffer, Buffer>) {
      const times = Number.parseInt(call.request.toString(), 10);
      for (let index = 0; index < times; index++) call.write(Buffer.from(`${index}`));
      call.end();
    },
    join(call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      const parts: Buffer[] = [];
      call.on("data", (part: Buffer) => parts.push(part));
      call.on("end", () => answer(null, Buffer.from(parts.join("+"))));
    },
    talk(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on("data", (part: Buffer) => call.write(Buffer.from(part.toString().toUpperCase())));
      call.on("end", () => call.end());
    },
    fail(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      const metadata = new Metadata();
      metadata.set("grpc-status-details-bin", Buffer.from("details"));
      answer({ code: Number(call.metadata.get("x-code")[0]), details: "no: \u00fc 100%", metadata });
    },
    hang(call: ServerUnaryCall<Buffer, Buffer>) {
      call.on("cancelled", () => cancelled.resolve());
    },
  };
  server.addService(ECHO, service as unknown as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${at}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { port, seen, server, close: () => server.forceShutdown() };
}

/** A client of the service, and what it is addressed by. */
export class EchoClient {
  readonly client: Client;
  readonly #metadata: Readonly<Record<string, string>>;

  constructor(client: Client, metadata: Readonly<Record<string, string>>) {
    this.client = client;
    this.#metadata = metadata;
  }

  metadata(more: Readonly<Record<string, string>> = {}): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries({ ...this.#metadata, ...more })) metadata.set(name, value);
    return metadata;
  }

  unary(
    { path, requestSerialize, responseDeserialize }: Method,
    message: string | Buffer,
    metadata: Metadata = this.metadata(),
    options: { deadline?: number } = {},
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        Buffer.from(message as Buffer),
        metadata,
        options,
        (error, value) => {
          if (error === null) resolve(value!);
          else reject(error);
        },
      );
    });
  }
}

export interface GrpcBench {
  readonly bench: Bench;
  readonly echo: EchoServer;
  /** By host, on the gateway's own listener. */
  byHost(options?: ChannelOptions, sandbox?: string): EchoClient;
  /**
   * By TLS, at the name itself.
   *
   * @param root - PEM of the certificate that is trusted.
   */
  bySecureHost(name: string, root: Buffer): EchoClient;
  /** By metadata, on the router's. */
  byHeaders(options?: ChannelOptions, metadata?: Readonly<Record<string, string>>): EchoClient;
  close(): Promise<void>;
}

/** The service in the sandbox `alice/box`, on a port that its container names `grpc`. */
export async function openGrpcBench(
  flags: Readonly<Record<string, unknown>> = {},
  options: ChannelOptions = {},
): Promise<GrpcBench> {
  const echo = await openEchoServer(options);
  const bench = await openBench((_request, response) => response.end(), { routerPort: 0, ...flags });
  const made = entry("alice", "box");
  const ports = [{ containerPort: echo.port, name: "grpc" }];
  bench.routes.put("alice-box", { ...made, sandbox: { ...made.sandbox, ports } });
  const clients: Client[] = [];
  const open = (
    url: string,
    more: ChannelOptions,
    metadata: Readonly<Record<string, string>>,
    secret = credentials.createInsecure(),
  ): EchoClient => {
    const { host } = new URL(url);
    const client = new Client(host, secret, { "grpc.use_local_subchannel_pool": 1, ...more });
    clients.push(client);
    return new EchoClient(client, metadata);
  };
  return {
    bench,
    echo,
    byHost: (more = {}, sandbox = `${echo.port}--box--alice`) =>
      open(bench.gateway.url, { "grpc.default_authority": `${sandbox}.localhost`, ...more }, {}),
    bySecureHost: (name, root) => {
      const names = { "grpc.default_authority": name, "grpc.ssl_target_name_override": name };
      return open(bench.gateway.url, names, {}, credentials.createSsl(root));
    },
    byHeaders: (more = {}, metadata = {}) =>
      open(bench.gateway.routerUrl!, more, {
        "x-sandbox-id": "box",
        "x-sandbox-port": `${echo.port}`,
        ...metadata,
      }),
    async close() {
      for (const client of clients) client.close();
      echo.close();
      await bench.close();
    },
  };
}

export { status };
