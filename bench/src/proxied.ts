import { Agent, get } from "node:http";
import { summarize, type Summary } from "./figures.ts";
import { scheduled, since, type Scheduled } from "./scheduled.ts";

export interface Proxied extends Summary {
  readonly count: number;
  /** For how long the gateway's thread ran or waited for a core during one request. */
  readonly held: Summary;
  /** How many took longer than 20 ms. */
  readonly over20: number;
  /** What the gateway's thread, and the one that asks, had of the processors during the slowest. */
  readonly slowest: { readonly gateway: Scheduled; readonly client: Scheduled };
}

/**
 * Times of requests to one address, one after another on one connection, while the work runs. A plain client on purpose:
 * `fetch` collects garbage for 10 to 20 ms now and then, which would be counted as the gateway's.
 *
 * @param gatewayPid - The process whose main thread is the gateway.
 */
export async function proxiedDuring(
  url: string,
  gatewayPid: number,
  work: () => Promise<void>,
): Promise<Proxied> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  const held: number[] = [];
  let slowestMs = 0;
  let slowest = { gateway: { runMs: 0, waitMs: 0 }, client: { runMs: 0, waitMs: 0 } };
  let done = false;
  const working = work().finally(() => {
    done = true;
  });
  while (!done) {
    const gateway = scheduled(gatewayPid);
    const client = scheduled(process.pid);
    const start = performance.now();
    await answer(url, agent);
    const tookMs = performance.now() - start;
    const during = since(scheduled(gatewayPid), gateway);
    times.push(tookMs);
    held.push(during.runMs + during.waitMs);
    if (tookMs <= slowestMs) continue;
    slowestMs = tookMs;
    slowest = { gateway: during, client: since(scheduled(process.pid), client) };
  }
  await working;
  agent.destroy();
  return {
    ...summarize(times),
    count: times.length,
    held: summarize(held),
    over20: times.filter((time) => time > 20).length,
    slowest,
  };
}

function answer(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
      response.resume();
    }).on("error", reject);
  });
}
