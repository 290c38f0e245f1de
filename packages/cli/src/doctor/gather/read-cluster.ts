import { errorFromBody, SANDBOX_CLAIMS, SANDBOXES, servedVersions } from "@sandgate/kube";
import type { Facts } from "../facts.ts";
import type { Reading } from "./reading.ts";

/** What the server says of itself: its version, its time, and what it serves of agent-sandbox. */
export async function readCluster(
  reading: Reading,
): Promise<
  Pick<Facts, "kubernetesVersion" | "clockAheadMs" | "sandboxVersions" | "extensionVersions" | "embedded">
> {
  const { client, signal } = reading;
  const beforeMs = Date.now();
  const response = await client.request("/version", { signal });
  const clockAheadMs = aheadOf(response.headers["date"], beforeMs, Date.now());
  const body = await response.body.text();
  const version = await reading.attempt("/version", "get", async () => {
    if (response.status >= 400) throw errorFromBody(response.status, body);
    return JSON.parse(body) as { gitVersion?: string };
  });
  const gitVersion = version?.gitVersion;
  const versions = async (group: string): Promise<string[] | null> =>
    reading.attempt(`/apis/${group}`, "get", async () => [...(await servedVersions(client, group, signal))]);
  return {
    kubernetesVersion: gitVersion ?? null,
    embedded: gitVersion?.includes("sandgate") === true,
    clockAheadMs,
    sandboxVersions: await versions(SANDBOXES.group),
    extensionVersions: await versions(SANDBOX_CLAIMS.group),
  };
}

/**
 * How far this clock is ahead of the one that wrote the date, at the least: the answer was under way for some of the time,
 * and the header has whole seconds.
 */
export function aheadOf(
  date: string | readonly string[] | undefined,
  sentMs: number,
  receivedMs: number,
): number | null {
  const atMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(atMs)) return null;
  if (sentMs > atMs + 999) return sentMs - (atMs + 999);
  if (receivedMs < atMs) return receivedMs - atMs;
  return 0;
}
