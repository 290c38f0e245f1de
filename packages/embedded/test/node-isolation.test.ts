import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOver, isReady, openTestNode, type TestNode } from "./support/test-node.ts";

/**
 * What a hostile program tries, one line each: `name|ok` where it got what it wanted, `name|no` where not. Run as the
 * container's command and, the same, by exec.
 */
const ATTACKS = String.raw`
try() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "$name|ok"; else echo "$name|no"; fi; }
py() { name=$1; if python3 -c "$2" >/dev/null 2>&1; then echo "$name|ok"; else echo "$name|no"; fi; }
machine=$(uname -m)
call() {
  if [ "$machine" = x86_64 ]; then number=$2; else number=$3; fi
  py "$1" "import ctypes,sys; l=ctypes.CDLL(None,use_errno=True); r=l.syscall($number,$4); sys.exit(0 if r>=0 else 1)"
}
# The harness itself works:
try control-true true
py control-python 'print(1)'
call control-getpid 39 172
# Files of the host
try read-shadow grep -q ':' /etc/shadow
try read-machine-id cat /etc/machine-id
try list-root ls /root/.ssh
try list-host-home sh -c 'ls /home/* | grep -q .'
try see-data-dir test -e "$DATA_DIR"
try see-host-tmp test -e /tmp/sandgate-attack-marker
try see-sys test -e /sys/kernel
try see-host-run sh -c 'ls /run/netns'
try docker-socket test -e /var/run/docker.sock
try write-usr sh -c 'echo x > /usr/bin/attack'
try write-etc sh -c 'echo x >> /etc/passwd'
try write-core-pattern sh -c 'echo "|/bin/sh" > /proc/sys/kernel/core_pattern'
try write-sysrq sh -c 'echo h > /proc/sysrq-trigger'
try write-ip-forward sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
try write-oom sh -c 'echo -1000 > /proc/self/oom_score_adj'
try read-kcore sh -c 'head -c 1 /proc/kcore | grep -q .'
try read-kallsyms sh -c 'head -c 1 /proc/kallsyms | grep -q .'
try read-cmdline sh -c 'head -c 1 /proc/cmdline | grep -q .'
try read-kmsg sh -c 'head -c 1 /dev/kmsg'
try see-disk sh -c 'ls /dev/vd* /dev/sd* /dev/nvme* 2>/dev/null | grep -q .'
try make-device mknod /tmp/disk b 254 0
try proc1-root test -e /proc/1/root/etc/machine-id
try proc1-data-dir test -e "/proc/1/root$DATA_DIR"
py inherited 'import os,sys; sys.exit(0 if len([f for f in os.listdir("/proc/self/fd") if int(f)>2])>1 else 1)'
# Rights
try be-root sh -c 'test "$(id -u)" = 0'
try sudo sudo -n true
try su su -c true
try capabilities sh -c 'grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb):" /proc/self/status | grep -qv 0000000000000000'
try may-gain-rights grep -q 'NoNewPrivs:.0' /proc/self/status
try unfiltered grep -q 'Seccomp:.0' /proc/self/status
try mount-tmpfs mount -t tmpfs none /tmp
try mount-bind mount --bind / /tmp
try umount-etc umount /etc
try remount-usr mount -o remount,rw /usr
try chroot chroot / true
try unshare-user unshare -U true
try unshare-all unshare -Urmn true
try nsenter-init nsenter -t 1 -m -u -n true
try bwrap-again bwrap --ro-bind / / true
try strace strace -o /dev/null true
py setuid 'import os; os.setuid(0)'
py setgroups 'import os; os.setgroups([0])'
# System calls: numbers of x86-64 and arm64, arguments
call ptrace 101 117 '0,0,0,0'
call unshare-newuser 272 97 '0x10000000'
call clone-newuser 56 220 '0x10000011,0,0,0,0'
call clone3 435 435 '0,0'
call setns 308 268 '3,0'
call mount 165 40 'b"none",b"/tmp",b"tmpfs",0,0'
call fsopen 430 430 'b"tmpfs",0'
call open-tree 428 428 '-100,b"/",1'
call bpf 321 280 '0,0,0'
call perf 298 241 '0,0,-1,-1,0'
call userfaultfd 323 282 '0'
call io-uring 425 425 '1,0'
call add-key 248 217 'b"user",b"a",b"b",1,-3'
call keyctl 250 219 '0,-3,1'
call process-vm-readv 310 270 '1,0,0,0,0,0'
call kexec 246 104 '0,0,0,0'
call init-module 175 105 '0,0,b""'
call reboot 169 142 '0xfee1dead,672274793,0,0'
call name-to-handle 303 264 '-100,b"/",0,0,0'
call open-by-handle 304 265 '3,0,0'
call x32-getpid 0x40000027 0x40000027
call tiocsti 16 29 '0,0x5412,b"x"'
py ldisc 'import os,fcntl,struct; m,s=os.openpty(); fcntl.ioctl(s,0x5423,struct.pack("i",21))'
py packet-socket 'import socket; socket.socket(17,3,0)'
py raw-socket 'import socket; socket.socket(2,3,1)'
py vsock 'import socket; socket.socket(40,1,0)'
py alg-socket 'import socket; socket.socket(38,5,0)'
py sctp-socket 'import socket; socket.socket(2,1,132)'
py netfilter-socket 'import socket; socket.socket(16,3,12)'
# Network
connect() { py "$1" "import socket; socket.create_connection(('$2',$3),timeout=0.7)"; }
connect host-loopback 127.0.0.1 "$HOST_PORT"
for ip in $HOST_IPS; do connect "host-$ip" "$ip" "$HOST_PORT"; done
connect metadata 169.254.169.254 80
connect outside 192.0.2.1 53
connect outside-public 1.1.1.1 53
[ -z "$VICTIM_IP" ] || connect other-pod "$VICTIM_IP" 8888
py ipv6 'import socket; s=socket.socket(socket.AF_INET6, socket.SOCK_STREAM); s.bind(("::1",0))'
try ipv6-link sh -c 'grep -q . /proc/net/if_inet6'
try set-address ip addr add 10.0.0.9/8 dev eth0
py abstract-socket "$ABSTRACT"
try see-host-sockets grep -q sandgate-attack /proc/net/unix
# Other processes
try see-host-processes sh -c 'test "$(ls /proc | grep -c "^[0-9]")" -gt 40'
try kill-everybody sh -c "kill -0 $HOST_PID"
echo done
`;

/** Connects to a socket of this process that has a name in no folder; on the host, everybody can. */
const ABSTRACT = String.raw`import socket; socket.socket(socket.AF_UNIX).connect("\0sandgate-attack")`;

/** Attempts that are expected to succeed: they show that the rest of the list is not refused for a wrong reason. */
const CONTROLS = ["control-true|ok", "control-python|ok", "control-getpid|ok"];

const run = promisify(execFile);

let node: TestNode;
let hostPort: number;
const listener = createServer((socket) => socket.destroy());
const abstract = createServer((socket) => socket.destroy());
const MARKER = "/tmp/sandgate-attack-marker";

beforeAll(async () => {
  node = await openTestNode();
  writeFileSync(MARKER, "");
  listener.listen(0, "0.0.0.0");
  abstract.listen("\0sandgate-attack");
  await Promise.all([once(listener, "listening"), once(abstract, "listening")]);
  hostPort = (listener.address() as AddressInfo).port;
});

afterAll(async () => {
  listener.close();
  abstract.close();
  rmSync(MARKER, { force: true });
  await node.close();
});

function attackEnvironment(victimIp: string): { name: string; value: string }[] {
  const ips = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((one) => one.family === "IPv4" && !one.internal)
    .map((one) => one.address);
  return [
    { name: "DATA_DIR", value: node.dataDir },
    { name: "HOST_PORT", value: String(hostPort) },
    { name: "HOST_IPS", value: ips.join(" ") },
    { name: "HOST_PID", value: String(process.pid) },
    { name: "VICTIM_IP", value: victimIp },
    { name: "ABSTRACT", value: ABSTRACT },
  ];
}

function successes(output: string): string[] {
  expect(output).toContain("done");
  return output.split("\n").filter((line) => line.endsWith("|ok"));
}

describe("a hostile pod", () => {
  test("gets nothing of the host or of another pod, as the container's command and by exec", async () => {
    await node.create("victim", {
      containers: [
        {
          name: "main",
          command: ["python3", "-m", "http.server", "8888"],
          readinessProbe: { tcpSocket: { port: 8888 } },
        },
      ],
    });
    const victim = await node.until("victim", isReady);
    const env = attackEnvironment(victim.status?.podIP ?? "");
    expect(env.find((one) => one.name === "VICTIM_IP")?.value).toMatch(/^10\./);
    await node.script("attacker", `${ATTACKS}\nexec sleep 1000`, {
      containers: [{ name: "main", env }],
    });
    await node.until("attacker", isReady);
    const byExec = await node.exec("attacker", ["bash", "-c", ATTACKS]);
    expect(successes(byExec.stdout)).toEqual(CONTROLS);
    // What they tried does work outside of a pod.
    await run("python3", ["-c", ABSTRACT]);
    expect(readFileSync("/proc/net/unix", "utf8")).toContain("sandgate-attack");
    const host = readFileSync("/proc/sys/kernel/core_pattern", "utf8");
    expect(host).not.toContain("/bin/sh");
    const log = await node.untilLog("attacker", "done");
    expect(successes(log)).toEqual(CONTROLS);
  }, 90_000);

  test("runs as a user of the host that nobody else has, and a set-user-id file of its own gives nothing", async () => {
    await node.script(
      "setuid",
      "cp /bin/sleep /workspace/s; chmod 6755 /workspace/s; exec /workspace/s 1000",
    );
    const other = await node.script("setuid-other", "exec sleep 1000");
    const pod = await node.until("setuid", isReady);
    await node.until("setuid-other", isReady);
    const users = new Map(
      JSON.parse(readFileSync(join(node.dataDir, "node", "users.json"), "utf8")) as [string, number][],
    );
    const uid = users.get(pod.metadata.uid) ?? 0;
    expect(uid).toBeGreaterThanOrEqual(1_900_000_000);
    expect(users.get(other.metadata.uid)).not.toBe(uid);
    const list = execFileSync("ps", ["-e", "-o", "uid=,euid=,args="], { encoding: "utf8" });
    const lines = list.split("\n").filter((line) => line.includes("/workspace/s 1000"));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines.filter((one) => !one.includes("unshare")))
      expect(line.trim().split(/\s+/).slice(0, 2)).toEqual([String(uid), String(uid)]);
  });

  test("cannot make an option of bubblewrap's of an environment variable with a zero byte", async () => {
    await node.script("zero", "ls /host", {
      containers: [{ name: "main", env: [{ name: "A", value: "x\0--ro-bind\0/\0/host" }] }],
    });
    const pod = await node.until(
      "zero",
      (one) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerError",
    );
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain("zero byte");
  });

  test("is bounded in processes, memory and processor time", async () => {
    await node.script(
      "bomb",
      `python3 - <<'E'
import os,time
n=0
try:
    while True:
        if os.fork()==0: time.sleep(100)
        n+=1
except OSError as e: print("stopped at", n, flush=True)
E
exit 3`,
    );
    await node.until("bomb", isOver);
    const count = Number(/stopped at (\d+)/.exec(await node.logs("bomb"))?.[1]);
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThan(1100);

    await node.script("hungry", `exec python3 -c 'b=bytearray(400<<20); print(len(b))'`, {
      containers: [{ name: "main", resources: { limits: { memory: "64Mi" } } }],
    });
    const hungry = await node.until("hungry", isOver);
    expect(hungry.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: "OOMKilled",
      exitCode: 137,
    });

    const busy = `import time; end, began = time.monotonic()+2, time.process_time()
while time.monotonic()<end: pass
print(time.process_time()-began)`;
    await node.script("busy", `exec python3 -c '${busy}'`, {
      containers: [{ name: "main", resources: { limits: { cpu: "200m" } } }],
    });
    await node.until("busy", isOver);
    const seconds = Number(await node.logs("busy"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(1);
  });

  test("leaves no owner of root behind on the host", async () => {
    const folder = join(node.dataDir, "node");
    const found = execFileSync("find", [folder, "-perm", "/6000", "-user", "root"], { encoding: "utf8" });
    expect(found).toBe("");
    expect(statSync(join(folder, "pods")).mode & 0o777).toBe(0o700);
  });
});
