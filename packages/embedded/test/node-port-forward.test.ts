/** The port-forward client against the embedded node. */
import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { createPortForwardPool, openPortForward, type PortForwardPool } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

/** Says how much it was sent once the sender is done, and what. */
const SERVER = `
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        data = self.rfile.read()
        self.wfile.write(b"%d bytes, " % len(data) + data)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
server = Server(("0.0.0.0", 7000), Handler)
print("listening", flush=True)
server.serve_forever()
`;

describe("a tunnel to a pod", () => {
  let node: TestNode;
  let pool: PortForwardPool;
  let uid: string;

  beforeAll(async () => {
    node = await openTestNode();
    const pod = await node.script("server", `exec python3 -c '${SERVER}'`);
    uid = pod.metadata.uid;
    await node.until("server", (one) => one.status?.phase === "Running");
    await node.untilLog("server", "listening");
    pool = createPortForwardPool(node.client);
  });
  afterAll(async () => {
    pool.close();
    await node.close();
  });

  const dial = (port: number): ReturnType<PortForwardPool["dial"]> =>
    pool.dial({ namespace: NAMESPACE, name: "server", uid }, port);

  it("carries several connections at once, each with an end of its own in each direction", async () => {
    const connections = await Promise.all([dial(7000), dial(7000), dial(7000)]);
    const answers = connections.map((one) => text(one));
    connections.forEach((one, index) => one.end(`hello ${index}`));
    expect(await Promise.all(answers)).toEqual(["7 bytes, hello 0", "7 bytes, hello 1", "7 bytes, hello 2"]);
  });

  it("carries megabytes whole", async () => {
    const connection = await dial(7000);
    const sent = Buffer.alloc(16 * 1024 * 1024, "0123456789abcdef\n");
    const answer = buffer(connection);
    connection.end(sent);
    expect((await answer).subarray(-sent.length).equals(sent)).toBe(true);
  });

  it("tells a port that refuses, and goes on carrying the others", async () => {
    const other = await dial(7000);
    const refused = await dial(9);
    refused.write("for nobody");
    const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
    const answer = text(other);
    other.end("still here");
    expect(await answer).toBe("10 bytes, still here");
  });

  it("is opened anew after it broke", async () => {
    const tunnel = await openPortForward(node.client, { namespace: NAMESPACE, pod: "server" });
    const cut = tunnel.dial(7000);
    tunnel.close();
    await Promise.all([once(cut, "error"), tunnel.closed]);
    expect(() => tunnel.dial(7000)).toThrow("closed");
    const answer = text(await dial(7000).then((one) => one.end("anew")));
    expect(await answer).toBe("4 bytes, anew");
  });

  it("is refused in the API server's words where there is no such pod", async () => {
    await expect(pool.dial({ namespace: NAMESPACE, name: "none", uid: "none" }, 1)).rejects.toMatchObject({
      code: 404,
    });
  });
});
