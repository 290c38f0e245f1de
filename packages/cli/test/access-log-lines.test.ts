/** The access log as it is written, from the gateway's socket to the line: nobody who sends bytes writes anything into it. */
import { once } from "node:events";
import { connect } from "node:net";
import { Writable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../../gateway/test/support.ts";
import { createConsoleLogger } from "../src/output/console-logger.ts";

let bench: Bench;
let written = "";
const output = new Writable({
  write(chunk: Buffer, _encoding, done) {
    written += chunk.toString();
    done();
  },
});

beforeAll(async () => {
  bench = await openBench(
    (request, response) => request.resume().on("end", () => response.end("done")),
    {
      routerPort: 0,
      accessLogQuery: "keep",
      trustedProxies: "127.0.0.0/8",
      baseDomain: "sandboxes.example.com",
    },
    { logger: createConsoleLogger(output, "debug", true) },
  );
  bench.routes.put("alice-box", entry("alice", "box"));
});
afterAll(async () => {
  await bench.close();
});

/** A loaded machine takes its time; what is waited for comes, or the test fails. */
const SOON = { timeout: 10_000 };

/** Sends bytes and the end, and waits until the gateway has closed the connection. */
async function send(url: string, bytes: Uint8Array): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}).resume();
  socket.end(bytes);
  await once(socket, "close");
}

const NASTY = [
  '"',
  "\\",
  "\n",
  "\r",
  "\u0000",
  "\u007f",
  "\u0080",
  "\u2028",
  "\ud800",
  "😀",
  "{",
  "}",
  "%22",
  "?",
  "&",
  " ",
];
const anything = fc.string({
  unit: fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", minLength: 1, maxLength: 1 })),
  maxLength: 30,
});
/** What a target and a header may hold. */
const visible = fc.string({ unit: fc.constantFrom(..."\"{}<>|^`%?&=[]~'ab:/,".split("")), maxLength: 30 });
const text = fc.oneof({ weight: 3, arbitrary: visible }, { weight: 1, arbitrary: anything });
const request = fc
  .record({
    method: fc.oneof(fc.constantFrom("GET", "POST", "OPTIONS"), text),
    target: fc.oneof(
      fc
        .tuple(fc.constantFrom("/alice/box/", "/", "/alice/", "/healthz"), text)
        .map((parts) => parts.join("")),
      text,
    ),
    version: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("HTTP/1.1", "HTTP/1.0") },
      { weight: 1, arbitrary: text },
    ),
    host: fc.oneof(fc.constantFrom("127.0.0.1", "box--alice.sandboxes.example.com"), text),
    header: fc.tuple(
      fc.constantFrom(
        "X-Sandbox-ID",
        "Authorization",
        "Sandgate-Key",
        "X-Request-Id",
        "traceparent",
        "User-Agent",
      ),
      text,
    ),
  })
  .map(({ method, target, version, host, header: [name, value] }) =>
    Buffer.from(`${method} ${target} ${version}\r\nHost: ${host}\r\n${name}: ${value}\r\n\r\n`, "utf8"),
  );

const MEMBERS = [
  "time",
  "level",
  "message",
  "requestId",
  "entry",
  "client",
  "method",
  "path",
  "status",
  "error",
  "caller",
  "sandbox",
  "durationMs",
  "bytesIn",
  "bytesOut",
];

it("every line is one JSON object with the members of a line, whatever a client sends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        request,
        fc.uint8Array({ maxLength: 200 }),
        fc.tuple(request, request).map((two) => Buffer.concat(two)),
      ),
      fc.boolean(),
      async (bytes, toRouter) => {
        written = "";
        await send(toRouter ? (bench.gateway.routerUrl ?? "") : bench.gateway.url, bytes);
        // A line that anybody could write, and after it there are those of before.
        await (await fetch(`${bench.gateway.url}/healthz`)).text();
        await expect.poll(() => written, SOON).toContain('"path":"/healthz"');
        for (const line of written.trimEnd().split("\n")) {
          const fields = JSON.parse(line) as Record<string, unknown>;
          expect(fields["message"]).toBe("request");
          expect(Object.keys(fields)).toEqual(MEMBERS);
        }
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);
