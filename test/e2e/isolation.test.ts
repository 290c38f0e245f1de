import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

/** By either way into a pod: Python source in, what it printed out. */
type Run = (source: string) => Promise<string>;

let up: SandgateUp;
let pod: string;
let otherAddress: string;
let podAddress: string;
let listener: Server;
let reached = 0;

const viaExec: Run = async (source) => {
  const { status, stdout, stderr } = up.kubectl("exec", pod, "--", "python3", "-c", source);
  if (status !== 0) throw new Error(`python ended with ${status}: ${stderr}`);
  return stdout.trim();
};

const viaRuntime: Run = async (source) => {
  const encoded = Buffer.from(source).toString("base64");
  const command = `python3 -c "import base64; exec(base64.b64decode('${encoded}').decode())"`;
  const response = await fetch(`${up.url}/alice/my-sandbox/execute`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command }),
  });
  const body = (await response.json()) as { stdout: string; stderr: string; exit_code: number };
  if (body.exit_code !== 0) throw new Error(`python ended with ${body.exit_code}: ${body.stderr}`);
  return body.stdout.trim();
};

/** All files of this name under the folder that the host keeps. */
function filesNamed(folder: string, name: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name));
}

beforeAll(async () => {
  up = await startSandgateUp({ args: ["--demo"] });
  const made = up.sandgate("create", "bob/box");
  if (made.status !== 0) throw new Error(made.stderr);
  const { items } = JSON.parse(up.kubectl("get", "pods", "-o", "json").stdout) as {
    items: { metadata: { name: string }; status: { podIP: string } }[];
  };
  const mine = items.find((item) => item.metadata.name.includes("my-sandbox"));
  const other = items.find((item) => item !== mine);
  if (mine === undefined || other === undefined) throw new Error(`two pods expected: ${items.length}`);
  pod = mine.metadata.name;
  podAddress = mine.status.podIP;
  otherAddress = other.status.podIP;
  listener = createServer((socket) => {
    reached += 1;
    socket.destroy();
  }).listen(0, "0.0.0.0");
  await once(listener, "listening");
});

afterAll(async () => {
  listener.close();
  await up[Symbol.asyncDispose]();
});

describe.each<[string, Run]>([
  ["the runtime", viaRuntime],
  ["kubectl exec", viaExec],
])("a hostile program started by %s", (_way, run) => {
  it("has no capability, cannot gain any, and is under the filter", async () => {
    const status = await run("print(open('/proc/self/status').read())");
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, "m"));
    }
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  it("opens nothing of the host and writes no kernel setting", async () => {
    const tries = [
      ["/etc/shadow", "r"],
      [up.kubeconfig, "r"],
      [join(up.dataDir, "running.json"), "r"],
      ["/proc/1/root/etc/shadow", "r"],
      ["/proc/sys/kernel/core_pattern", "w"],
      ["/proc/sys/kernel/hostname", "w"],
      ["/proc/sysrq-trigger", "w"],
    ];
    const opened = await run(`
import os
done = []
for path, mode in ${JSON.stringify(tries)}:
  try:
    open(path, mode).close(); done.append(path)
  except OSError: pass
done += ['/sys/' + name for name in (os.listdir('/sys') if os.path.isdir('/sys') else [])]
try: done += ['/root/' + name for name in os.listdir('/root')]
except OSError: pass
print(done)`);
    expect(opened).toBe("[]");
  });

  it("sees neither processes nor the environment of the host", async () => {
    const seen = await run(`
import os
for pid in filter(str.isdigit, os.listdir('/proc')):
  try:
    print(open('/proc/%s/cmdline' % pid).read().replace(chr(0), ' '))
    print(open('/proc/%s/environ' % pid).read().replace(chr(0), ' '))
  except OSError: pass`);
    expect(seen).not.toContain(up.dataDir);
    expect(seen).not.toContain("vitest");
    expect(seen).not.toContain("VITEST");
  });

  it.runIf(process.arch === "x64")("is refused the calls that lead out", async () => {
    const answers = await run(`
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number, args in [(165,(0,0,0,0,0)),(272,(0x10000000,)),(56,(0x10000011,0,0,0,0)),(308,(0,0)),(101,(16,1,0,0)),
    (250,(0,-1,0)),(321,(0,0,0)),(425,(1,0)),(310,(1,0,0,0,0,0)),(435,(0,0)),(161,(0,))]:
  result = libc.syscall(number, *args)
  print(number, result, ctypes.get_errno())`);
    for (const line of answers.split("\n")) expect(line).toMatch(/^\d+ -1 (1|38)$/);
    expect(answers.split("\n")).toHaveLength(11);
  });

  it("reaches neither its neighbour nor the host on any address", async () => {
    const port = (listener.address() as AddressInfo).port;
    const gateway = Number(new URL(up.url).port);
    const bridge = podAddress.replace(/\d+$/, "1");
    const host = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ family }) => family === "IPv4")
      .map(({ address }) => address);
    const targets = [...new Set([bridge, ...host])].flatMap((address) => [
      [address, port],
      [address, gateway],
    ]);
    const before = reached;
    const open = await run(`
import concurrent.futures, socket
def attempt(target):
  try:
    socket.create_connection(tuple(target), 1).close(); return [target]
  except OSError: return []
targets = ${JSON.stringify([...targets, [otherAddress, 8888]])}
with concurrent.futures.ThreadPoolExecutor(16) as pool: print(sum(pool.map(attempt, targets), []))`);
    expect(open).toBe("[]");
    expect(reached).toBe(before);
    // The same places do answer the host, so that it is the walls that kept the pod from them.
    for (const [address, at] of [
      ["127.0.0.1", port],
      [otherAddress, 8888],
    ] as const) {
      const socket = connect(at, address);
      await once(socket, "connect");
      socket.destroy();
    }
  });

  it("makes no setuid file that is root's on the host", async () => {
    const name = `setuid-${Math.random().toString(36).slice(2)}`;
    await run(`
import os, tempfile
path = os.path.join(os.getcwd() if os.access('.', os.W_OK) else tempfile.gettempdir(), '${name}')
open(path, 'w').close()
try: os.chmod(path, 0o4755)
except OSError: pass
assert os.statvfs(path).f_flag & os.ST_NOSUID`);
    const files = filesNamed(up.dataDir, name);
    expect(files).toHaveLength(1);
    for (const file of files) expect(statSync(file).uid).not.toBe(0);
  });
});
