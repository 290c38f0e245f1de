import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 2;
const TIMEOUT_MS = 60_000;

/** Asks until the sandbox itself answers with 200; how a client without a watch sees that it is routed. */
export async function answered(url: string): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const response = await fetch(url);
    const text = await response.text();
    if (response.status === 200) return;
    if (performance.now() > deadline)
      throw new Error(`${url} answered ${response.status} for a minute: ${text}`);
    await delay(POLL_MS);
  }
}

/** Runs a command over the runtime's API and checks what it printed. */
export async function executed(base: string, command: string, expected: string): Promise<void> {
  const response = await fetch(`${base}/execute`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command }),
  });
  const answer = (await response.json()) as { stdout?: string; exit_code?: number };
  if (answer.stdout !== expected || answer.exit_code !== 0) {
    throw new Error(`${base}: ${command} answered ${response.status} ${JSON.stringify(answer)}`);
  }
}
