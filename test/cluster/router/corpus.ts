import type { RouterDifferenceId } from "@sandgate/gateway";
import type { Ask } from "./ask.ts";

const OCTET = (process.pid % 250) + 1;
/** Of a run of its own, so that two at once do not meet. */
export const POD_NETWORK = `10.231.${OCTET}`;
/** Everything in it is refused by the kernel as unreachable. */
export const LOST_NETWORK = `10.232.${OCTET}`;

/** Addresses of the pods, and what is where. */
export const IPS = {
  box: `${POD_NETWORK}.2`,
  team: `${POD_NETWORK}.3`,
  old: `${POD_NETWORK}.4`,
  unready: `${POD_NETWORK}.5`,
  leaving: `${POD_NETWORK}.6`,
  suspended: `${POD_NETWORK}.7`,
  member: `${POD_NETWORK}.8`,
  claimed: `${POD_NETWORK}.9`,
  six: `fd00:231:${OCTET.toString(16)}::2`,
  /** A pod of somebody else's, no sandbox. */
  stranger: `${POD_NETWORK}.99`,
  /** Of a sandbox's pod where nothing listens. */
  deaf: `${POD_NETWORK}.10`,
  /** Of a sandbox's pod that cannot be reached. */
  lost: `${LOST_NETWORK}.1`,
};

/** What is only known once the objects are made. */
export interface Uids {
  box: string;
  member: string;
  claimed: string;
}

export interface Case {
  name: string;
  ask: Ask | ((uids: Uids) => Ask);
  /** Absent: both do the same. */
  differs?: { id: RouterDifferenceId; upstream: Expected; sandgate: Expected };
}

export interface Expected {
  status: number;
  /** The sandbox that is reached; null: none. */
  by?: string | null;
}

type Pairs = Record<string, string>;
const pairs = (headers: Pairs): [string, string][] => Object.entries(headers);
const box = (more: Pairs = {}): [string, string][] => pairs({ "X-Sandbox-ID": "box", ...more });

const same = (name: string, ask: Case["ask"]): Case => ({ name, ask });
const differs = (
  id: RouterDifferenceId,
  name: string,
  ask: Case["ask"],
  upstream: Expected,
  sandgate: Expected,
): Case => ({ name, ask, differs: { id, upstream, sandgate } });

const reached = (by: string): Expected => ({ status: 200, by });
const refused = (status: number): Expected => ({ status, by: null });

const VALID: readonly Case[] = [
  ...["GET", "HEAD", "OPTIONS", "DELETE"].map((method) => same(method, { method, headers: box() })),
  ...["POST", "PUT", "PATCH", "DELETE"].map((method) =>
    same(`${method} with a body`, { method, headers: box(), body: "content" }),
  ),
  same("a POST without a body", { method: "POST", headers: box(), body: "" }),
  same("a body of 1 MiB", { method: "POST", headers: box(), body: "x".repeat(1_048_576) }),
  same("a body in chunks", {
    method: "POST",
    headers: box({ "Transfer-Encoding": "chunked" }),
    body: "3\r\nabc\r\n0\r\n\r\n",
  }),
  same("path and query", { path: "/a/b%20c?d=%2F&e", headers: box() }),
  same("a namespace", { headers: pairs({ "X-Sandbox-ID": "box", "X-Sandbox-Namespace": "team" }) }),
  same("empty headers", {
    headers: box({
      "X-Sandbox-Namespace": "",
      "X-Sandbox-Port": "",
      "X-Sandbox-UID": "",
      "X-Sandbox-Pod-IP": "",
    }),
  }),
  same("a port", { headers: box({ "X-Sandbox-Port": "8888" }) }),
  same("a port with a sign and zeros", { headers: box({ "X-Sandbox-Port": "+008888" }) }),
  same("another port", { headers: box({ "X-Sandbox-Port": "9000" }) }),
  same("the pod's IP", { headers: box({ "X-Sandbox-Pod-IP": IPS.box }) }),
  same("an unknown ID with the pod IP of a sandbox", {
    headers: pairs({ "X-Sandbox-ID": "none", "X-Sandbox-Pod-IP": IPS.box }),
  }),
  same("the same with an IPv6 address in another form and the sandbox's port", {
    headers: pairs({
      "X-Sandbox-ID": "none",
      "X-Sandbox-Port": "8888",
      "X-Sandbox-Pod-IP": IPS.six.replace("::", ":0:0:0:0:0:"),
    }),
  }),
  same("the pod IP of a sandbox that a claim has taken from its pool", {
    headers: pairs({ "X-Sandbox-ID": "my-claim", "X-Sandbox-Pod-IP": IPS.claimed }),
  }),
  same("the UID", (uids) => ({ headers: box({ "X-Sandbox-UID": uids.box }) })),
  same("a pod with an IPv6 address", { headers: pairs({ "X-Sandbox-ID": "six" }) }),
  same("that address", { headers: pairs({ "X-Sandbox-ID": "six", "X-Sandbox-Pod-IP": IPS.six }) }),
  same("a sandbox that a claim has taken from its pool", {
    headers: pairs({ "X-Sandbox-ID": "pool-claimed" }),
  }),
  same("its UID", (uids) => ({
    headers: pairs({ "X-Sandbox-ID": "pool-claimed", "X-Sandbox-UID": uids.claimed }),
  })),
  same("credentials, a cookie, a forged X-Forwarded-For", {
    headers: box({ Authorization: "Bearer x", Cookie: "a=1", "X-Forwarded-For": "6.6.6.6" }),
  }),
  same("hop-by-hop headers", { headers: box({ TE: "gzip", "Keep-Alive": "5", "Proxy-Authorization": "x" }) }),
  ...[201, 204, 302, 304, 400, 404, 408, 429, 500, 503].map((status) =>
    same(`a sandbox that answers ${status}`, { path: `/status/${status}`, headers: box() }),
  ),
  same("an upgrade to WebSocket", {
    headers: box({
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "x",
    }),
  }),
  same("an upgrade to something else", {
    headers: box({ Connection: "keep-alive, upgrade", Upgrade: "tcp" }),
  }),
  same("the health page", { path: "/healthz", headers: [] }),
  same("the health page with a query", { path: "/healthz?x=1", headers: box() }),
  same("the health page by POST", { method: "POST", path: "/healthz", headers: [], body: "" }),
  same("a page below the health page", { path: "/healthz/x", headers: box() }),
];

const MALFORMED: readonly Case[] = [
  ["no headers", []],
  ["an empty ID", pairs({ "X-Sandbox-ID": "" })],
  ...["a.b", "a/b", "a_b", "Box", "-box", "box-", "a".repeat(64), "böx", "a b", "*"].map(
    (id) => [`the ID ${id}`, pairs({ "X-Sandbox-ID": id })] as const,
  ),
  ...["a b", "team!", "---", "Team", "a.b", "a".repeat(64)].map(
    (namespace) => [`the namespace ${namespace}`, box({ "X-Sandbox-Namespace": namespace })] as const,
  ),
  ...["http", "0", "-80", "65536", "8888.0", "1e3", "0x50", "99999999999999999999", "80 80", "+"].map(
    (port) => [`the port ${port}`, box({ "X-Sandbox-Port": port })] as const,
  ),
  ...[
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "010.231.7.2",
    "10.231.7",
    "[fd00:231::2]",
    "10.231.7.2:80",
    "localhost",
    "2130706433",
  ].map((ip) => [`the pod IP ${ip}`, box({ "X-Sandbox-Pod-IP": ip })] as const),
  ["several wrong ones", pairs({ "X-Sandbox-ID": "box", "X-Sandbox-Namespace": "A", "X-Sandbox-Port": "0" })],
].map(([name, headers]) => same(name as string, { headers: headers as Ask["headers"] }));

const NOWHERE: readonly Case[] = [
  same("an ID that names nothing", { headers: pairs({ "X-Sandbox-ID": "none" }) }),
  same("the same by POST", { method: "POST", headers: pairs({ "X-Sandbox-ID": "none" }), body: "x" }),
  same("an upgrade to it", {
    headers: pairs({ "X-Sandbox-ID": "none", Connection: "Upgrade", Upgrade: "websocket" }),
  }),
  same("a namespace that is not there", { headers: box({ "X-Sandbox-Namespace": "nowhere" }) }),
  same("a sandbox without a pod", { headers: pairs({ "X-Sandbox-ID": "podless" }) }),
  same("a pod that is not ready", { headers: pairs({ "X-Sandbox-ID": "unready" }) }),
  same("a pod where nothing listens", { headers: pairs({ "X-Sandbox-ID": "deaf" }) }),
  same("a pod that cannot be reached", {
    method: "POST",
    headers: pairs({ "X-Sandbox-ID": "lost" }),
    body: "x",
  }),
  same("a port where nothing listens", { headers: box({ "X-Sandbox-Port": "9" }) }),
  same("a pool's member without a claim, by name", { headers: pairs({ "X-Sandbox-ID": "pool-member" }) }),
  same("the name of the claim", { headers: pairs({ "X-Sandbox-ID": "my-claim" }) }),
  same("a pod with the label of a sandbox's and no Sandbox", {
    headers: pairs({ "X-Sandbox-ID": "stranger" }),
  }),
  same("a connection that breaks under a GET", { path: "/break", headers: box() }),
  same("a connection that breaks under a PUT", { method: "PUT", path: "/break", headers: box(), body: "x" }),
];

const DIFFERENT: readonly Case[] = [
  differs(
    "pod-ip-of-nobody",
    "a stranger's pod IP",
    { headers: box({ "X-Sandbox-Pod-IP": IPS.stranger }) },
    reached("stranger"),
    reached("box"),
  ),
  differs(
    "pod-ip-of-another",
    "the pod IP of another sandbox",
    { headers: box({ "X-Sandbox-Pod-IP": IPS.team }) },
    reached("team/box"),
    refused(409),
  ),
  differs(
    "pod-ip-of-nobody",
    "the pod IP of a sandbox that is not ready",
    { headers: box({ "X-Sandbox-Pod-IP": IPS.unready }) },
    reached("unready"),
    reached("box"),
  ),
  differs(
    "pod-ip-of-nobody",
    "an unknown ID with a stranger's pod IP",
    { headers: pairs({ "X-Sandbox-ID": "none", "X-Sandbox-Pod-IP": IPS.stranger }) },
    reached("stranger"),
    refused(502),
  ),
  differs(
    "uid-for-unknown-id",
    "an unknown ID with a UID",
    (uids) => ({ headers: pairs({ "X-Sandbox-ID": "none", "X-Sandbox-UID": uids.box }) }),
    reached("box"),
    refused(502),
  ),
  differs(
    "uid-mismatch",
    "an unknown ID with a pod IP and the UID of another sandbox",
    (uids) => ({
      headers: pairs({ "X-Sandbox-ID": "none", "X-Sandbox-Pod-IP": IPS.six, "X-Sandbox-UID": uids.box }),
    }),
    reached("six"),
    refused(409),
  ),
  differs(
    "unclaimed-by-uid",
    "an unknown ID with the pod IP of a pool's member",
    { headers: pairs({ "X-Sandbox-ID": "none", "X-Sandbox-Pod-IP": IPS.member }) },
    reached("pool-member"),
    refused(502),
  ),
  differs(
    "unclaimed-by-uid",
    "the pod IP of a pool's member",
    { headers: box({ "X-Sandbox-Pod-IP": IPS.member }) },
    reached("pool-member"),
    reached("box"),
  ),
  differs(
    "uid-mismatch",
    "a UID that nothing has",
    { headers: box({ "X-Sandbox-UID": "4e0b5e0c-0000-4000-8000-000000000000" }) },
    reached("box"),
    refused(409),
  ),
  differs(
    "uid-mismatch",
    "the UID of another sandbox",
    (uids) => ({ headers: pairs({ "X-Sandbox-ID": "six", "X-Sandbox-UID": uids.box }) }),
    reached("box"),
    refused(409),
  ),
  differs(
    "unclaimed-by-uid",
    "the UID of a pool's member",
    (uids) => ({ headers: pairs({ "X-Sandbox-ID": "pool-member", "X-Sandbox-UID": uids.member }) }),
    reached("pool-member"),
    refused(502),
  ),
  differs(
    "pod-name",
    "a sandbox whose pod is called otherwise",
    { headers: pairs({ "X-Sandbox-ID": "old" }) },
    refused(502),
    reached("old"),
  ),
  differs(
    "on-its-way-out",
    "a pod that is being deleted",
    { headers: pairs({ "X-Sandbox-ID": "leaving" }) },
    reached("leaving"),
    refused(502),
  ),
  differs(
    "on-its-way-out",
    "a suspended sandbox",
    { headers: pairs({ "X-Sandbox-ID": "suspended" }) },
    reached("suspended"),
    refused(502),
  ),
  differs(
    "too-slow",
    "a GET without an answer",
    { path: "/silent", headers: box() },
    refused(502),
    refused(504),
  ),
  differs(
    "too-slow",
    "a PUT without an answer",
    { method: "PUT", path: "/silent", headers: box(), body: "x" },
    refused(502),
    refused(504),
  ),
  differs(
    "too-slow-once",
    "a POST without an answer",
    { method: "POST", path: "/silent", headers: box(), body: "x" },
    refused(502),
    refused(408),
  ),
  differs(
    "broken-once",
    "a connection that breaks under a POST",
    { method: "POST", path: "/break", headers: box(), body: "x" },
    refused(502),
    refused(424),
  ),
  differs(
    "timeout",
    "a GET slower than its X-Sandbox-Timeout",
    { path: "/slow", headers: box({ "X-Sandbox-Timeout": "0.2" }) },
    reached("box"),
    refused(504),
  ),
  differs(
    "timeout",
    "a POST slower than that",
    { method: "POST", path: "/slow", headers: box({ "X-Sandbox-Timeout": "0.2" }), body: "x" },
    reached("box"),
    refused(408),
  ),
  differs("path", "a path with two slashes", { path: "/a//b", headers: box() }, refused(307), reached("box")),
  differs("path", "a path with dots", { path: "/a/../b", headers: box() }, refused(307), reached("box")),
  differs(
    "path",
    "a path with an encoded slash",
    { path: "/a%2Fb", headers: box() },
    reached("box"),
    reached("box"),
  ),
  differs(
    "other-site",
    "a page of another site",
    { headers: box({ Origin: "https://evil.example" }) },
    reached("box"),
    refused(403),
  ),
  differs(
    "other-site",
    "a foreign Host",
    { headers: box({ Host: "evil.example" }) },
    reached("box"),
    refused(403),
  ),
  differs("method", "TRACE", { method: "TRACE", headers: box() }, reached("box"), refused(405)),
  differs(
    "framing",
    "both lengths",
    {
      method: "POST",
      headers: box({ Host: "127.0.0.1", "Content-Length": "3", "Transfer-Encoding": "chunked" }),
      body: "0\r\n\r\n",
      bare: true,
    },
    reached("box"),
    refused(400),
  ),
  differs("framing", "no Host", { headers: box(), bare: true }, refused(400), refused(400)),
  differs(
    "head-size",
    "a head of 20 KiB",
    { headers: box({ "X-Long": "x".repeat(20_480) }) },
    reached("box"),
    refused(431),
  ),
  differs(
    "sent-twice",
    "two IDs",
    { headers: [...box(), ["X-Sandbox-ID", "six"]] },
    reached("box"),
    refused(400),
  ),
];

export const CORPUS: readonly Case[] = [...VALID, ...MALFORMED, ...NOWHERE, ...DIFFERENT];
