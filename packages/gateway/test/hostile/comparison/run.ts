/** Sends the whole corpus through one proxy, several messages at once, each by a lane of its own. */
import { HostileBackend } from "../hostile-backend.ts";
import { openDoor, PLAIN_DOOR, type Door } from "../doors.ts";
import { LenientUpstream } from "../lenient-upstream.ts";
import { send } from "../judge-request.ts";
import { receive } from "../judge-response.ts";
import { HOSTILE_REQUESTS } from "../requests/corpus.ts";
import { HOSTILE_RESPONSES } from "../responses/corpus.ts";
import type { Proxy } from "./proxies.ts";
import { answerVerdict, requestVerdict } from "./verdict.ts";

/** Verdicts by the ids of messages. */
export interface Verdicts {
  readonly title: string;
  readonly byId: ReadonlyMap<string, string>;
}

const LANES = 12;

/** @param foreign - It is a proxy in another process. */
export async function runAll(
  start: (upstreamPorts: readonly number[]) => Promise<Proxy>,
  foreign: boolean,
): Promise<Verdicts> {
  const byId = new Map<string, string>();
  const requests = Object.values(HOSTILE_REQUESTS).flat();
  const upstreams = Array.from({ length: LANES }, () => new LenientUpstream());
  const title = await inLanes(start, upstreams, requests, async (door, upstream, request) => {
    const seen = await send(door, upstream, request, [], foreign);
    byId.set(`request ${request.id}`, requestVerdict(request, seen));
  });
  const responses = Object.values(HOSTILE_RESPONSES).flat();
  const backends = Array.from({ length: LANES }, () => new HostileBackend());
  await inLanes(start, backends, responses, async (door, backend, response) => {
    const seen = await receive(door, backend, response, [], foreign);
    byId.set(`answer ${response.id}`, answerVerdict(response, seen));
  });
  return { title, byId };
}

async function inLanes<Upstream extends LenientUpstream | HostileBackend, Message>(
  start: (upstreamPorts: readonly number[]) => Promise<Proxy>,
  upstreams: readonly Upstream[],
  messages: readonly Message[],
  run: (door: Door, upstream: Upstream, message: Message) => Promise<void>,
): Promise<string> {
  const proxy = await start(await Promise.all(upstreams.map((upstream) => upstream.listen())));
  const left = [...messages];
  await Promise.all(
    upstreams.map(async (upstream, lane) => {
      for (let message = left.shift(); message !== undefined; message = left.shift())
        await run({ ...PLAIN_DOOR, port: proxy.ports[lane] ?? 0 }, upstream, message);
    }),
  );
  await proxy.close();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  return proxy.title;
}

/** The gateway as it is in this tree, one for each lane. */
export async function startSandgate(upstreamPorts: readonly number[]): Promise<Proxy> {
  const benches = await Promise.all(upstreamPorts.map((port) => openDoor(PLAIN_DOOR, port)));
  return {
    title: "Sandgate",
    ports: benches.map(({ port }) => port),
    close: async () => void (await Promise.all(benches.map((bench) => bench.close()))),
  };
}
