/** gRPC by the library of Python, which most languages share, on both sides of the gateway and with another on either. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entry } from "../../../packages/gateway/test/support.ts";
import { ECHO, openGrpcBench, type GrpcBench } from "../../../packages/gateway/test/grpc/grpc-support.ts";
import {
  callAll,
  callFailing,
  installPythonGrpc,
  startPythonServer,
  type PythonServer,
} from "./python-grpc.ts";

let python: string;
let server: PythonServer;
let grpc: GrpcBench;
beforeAll(async () => {
  python = installPythonGrpc();
  server = await startPythonServer(python);
  grpc = await openGrpcBench();
  const made = entry("alice", "python");
  const ports = [{ containerPort: server.port, name: "grpc" }];
  grpc.bench.routes.put("alice-python", { ...made, sandbox: { ...made.sandbox, ports } });
}, 5 * 60_000);
afterAll(async () => {
  await grpc.close();
  await server.close();
});

const SEEN = {
  unary: "hello",
  initial: "1",
  trailing: ["2", [0, 255]],
  large: 8 * 1024 * 1024,
  compressed: 60_000,
  stream: 499_500,
  joined: "a+b+c",
  talk: ["ONE", "TWO"],
  many: 4_950,
  fail: ["ALREADY_EXISTS", "there is one: \u00fc", null],
  missing: "UNIMPLEMENTED",
  deadline: "DEADLINE_EXCEEDED",
};

describe("Python's client with Python's server", () => {
  it("sees the same by host as without a gateway", async () => {
    const { host } = new URL(grpc.bench.gateway.url);
    expect(await callAll(python, [`127.0.0.1:${server.port}`, "-"])).toEqual(SEEN);
    expect(await callAll(python, [host, `${server.port}--python--alice.localhost`])).toEqual(SEEN);
  });

  it("sees the same by metadata", async () => {
    const { host } = new URL(grpc.bench.gateway.routerUrl!);
    const metadata = ["x-sandbox-id=python", `x-sandbox-port=${server.port}`];
    expect(await callAll(python, [host, "-", ...metadata])).toEqual(SEEN);
  });

  it("is told of a sandbox that there is not", async () => {
    const { host } = new URL(grpc.bench.gateway.url);
    expect(await callFailing(python, host, "1--none--alice.localhost")).toEqual([
      "NOT_FOUND",
      "There is no sandbox alice/none.",
      "SANDBOX_NOT_FOUND",
    ]);
  });
});

describe("another client with Python's server", () => {
  it("calls it and gets its failures", async () => {
    const client = grpc.byHost({}, `${server.port}--python--alice`);
    expect((await client.unary(ECHO.unary, "hello")).toString()).toBe("hello");
    await expect(client.unary(ECHO.fail, "x")).rejects.toMatchObject({ details: "there is one: \u00fc" });
  });
});

describe("Python's client with another server", () => {
  it("calls it, streams and all", async () => {
    const { host } = new URL(grpc.bench.gateway.url);
    const seen = await callAll(python, [host, `${grpc.echo.port}--box--alice.localhost`, "x-code=6"]);
    expect(seen).toEqual({
      ...SEEN,
      trailing: ["2", [0, 1, 254, 255]],
      fail: ["ALREADY_EXISTS", "no: \u00fc 100%", null],
    });
  });
});
