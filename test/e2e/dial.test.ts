import { once } from "node:events";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";
import { openPlaceWithoutRoute, type PlaceWithoutRoute } from "../support/without-route.ts";

const MAIN = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "sandgate.js");

interface Answer {
  status: number;
  body: string;
}

/** Asks there, as JSON: URL, method, body. */
const ASK = `
const [url, method, body] = process.argv.slice(1);
fetch(url, { method, ...(body ? { body, headers: { "content-type": "application/json" } } : {}) })
  .then(async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })));
`;

describe("a gateway outside of the cluster, without a route to any pod", () => {
  let up: SandgateUp;
  let place: PlaceWithoutRoute;

  beforeAll(async () => {
    up = await startSandgateUp({ args: ["--demo"] });
    const server = /server: (\S+)/.exec(readFileSync(up.kubeconfig, "utf8"))?.[1] ?? "";
    place = await openPlaceWithoutRoute(server);
  });
  afterAll(async () => {
    await place.close();
    await up[Symbol.asyncDispose]();
  });

  async function withGateway(
    args: readonly string[],
    work: (
      ask: (path: string, method?: string, body?: string) => Promise<Answer>,
      output: () => string,
    ) => Promise<void>,
  ): Promise<void> {
    const child = place.spawn(process.execPath, [
      MAIN,
      "gateway",
      "--kubeconfig",
      up.kubeconfig,
      "--port",
      "0",
      ...args,
    ]);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    try {
      await expect.poll(() => output, { timeout: 20_000 }).toMatch(/Sandboxes are reached/);
      const url = /listens on (http:\S+)/.exec(output)?.[1] ?? "";
      const ask = async (path: string, method = "GET", body = ""): Promise<Answer> =>
        JSON.parse(await place.run(process.execPath, ["-e", ASK, url + path, method, body])) as Answer;
      await expect.poll(async () => (await ask("/readyz")).status, { timeout: 20_000 }).toBe(200);
      await work(ask, () => output);
    } finally {
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    }
  }

  it("goes through tunnels, and says so at its start", async () => {
    await withGateway([], async (ask, output) => {
      expect(output()).toContain("Sandboxes are reached by port-forward through the API server.");
      const command = JSON.stringify({ command: "echo through a tunnel" });
      for (let round = 0; round < 3; round++) {
        const answer = await ask("/alice/my-sandbox/execute", "POST", command);
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.body)).toMatchObject({ stdout: "through a tunnel\n", exit_code: 0 });
      }
      const big = await ask(
        "/alice/my-sandbox/execute",
        "POST",
        '{"command":"head -c 3000000 /dev/zero | tr \\"\\\\0\\" x"}',
      );
      expect((JSON.parse(big.body) as { stdout: string }).stdout.length).toBeGreaterThan(100_000);
    });
  });

  it("speaks HTTP/2 through tunnels to ports that a Sandbox's annotation lists, refused ones among them", async () => {
    const program = readFileSync(join(import.meta.dirname, "h2c-program.py")).toString("base64");
    const start = `echo ${program} | base64 -d > h2c.py && (setsid python3 h2c.py > /dev/null 2>&1 &)`;
    await withGateway(["--dial", "port-forward"], async (ask) => {
      const started = await ask("/alice/my-sandbox/execute", "POST", JSON.stringify({ command: start }));
      expect(JSON.parse(started.body)).toMatchObject({ exit_code: 0 });
      const annotation = "sandgate.dev/h2c-ports=7000,9";
      expect(up.kubectl("annotate", "sandbox", "my-sandbox", annotation).status).toBe(0);
      await expect
        .poll(async () => (await ask("/alice/my-sandbox:7000/")).body, { timeout: 30_000 })
        .toBe("hello by HTTP/2");
      expect((await ask("/alice/my-sandbox:7000/", "POST", "{}")).body).toBe("hello by HTTP/2");
      const refused = await ask("/alice/my-sandbox:9/", "POST", "{}");
      expect(JSON.parse(refused.body)).toMatchObject({ code: "REFUSED", status: 502 });
      const other = await ask(
        "/alice/my-sandbox/execute",
        "POST",
        JSON.stringify({ command: "echo as before" }),
      );
      expect(JSON.parse(other.body)).toMatchObject({ stdout: "as before\n" });
    });
  });

  it("tells a port that refuses as that, not as a broken connection", async () => {
    await withGateway(["--dial", "port-forward"], async (ask) => {
      const answer = await ask("/alice/my-sandbox:9/", "POST", "{}");
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.body)).toMatchObject({ code: "REFUSED" });
    });
  });

  it("reaches nothing by pod IP, and says that", async () => {
    await withGateway(["--dial", "pod-ip"], async (ask, output) => {
      expect(output()).toContain("Sandboxes are reached by their pods' IPs.");
      expect(JSON.parse((await ask("/alice/my-sandbox/")).body)).toMatchObject({ code: "UNREACHABLE" });
    });
  });

  it("serves again after a sandbox is suspended and resumed, whose pod is another one then", async () => {
    await withGateway(["--dial", "port-forward"], async (ask) => {
      const mode = (operatingMode: string): void => {
        const patch = JSON.stringify({ spec: { operatingMode } });
        expect(up.kubectl("patch", "sandbox", "my-sandbox", "--type", "merge", "-p", patch).status).toBe(0);
      };
      expect((await ask("/alice/my-sandbox/")).status).toBe(200);
      mode("Suspended");
      await expect.poll(async () => (await ask("/alice/my-sandbox/")).status, { timeout: 30_000 }).toBe(503);
      mode("Running");
      await expect.poll(async () => (await ask("/alice/my-sandbox/")).status, { timeout: 30_000 }).toBe(200);
    });
  });
});
