import type { HeaderAddress } from "@sandgate/contract";
import type { RouteTable } from "../routes/route-table.ts";
import type { Caller } from "./caller.ts";

/** As long as upstream's router goes on dialling a sandbox that it does not find. */
const PATIENCE_MS = 1_400;

/**
 * Waits for a sandbox that is about to be there. Its client has seen it Ready on the API server and asks at once, maybe
 * before our watch has told of it. What will not come by waiting (suspended, failed) is not waited for; somebody else's
 * sandbox is, so that it cannot be told from one that does not exist.
 */
export async function awaitRoute(
  routes: RouteTable,
  address: HeaderAddress,
  caller: Caller,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, sandbox } = address;
  const settled = (): boolean => isSettled(routes, address, caller);
  if (settled()) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      unfollow();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, PATIENCE_MS);
    const unfollow = routes.follow(namespace, sandbox, () => {
      if (settled()) end();
    });
    signal.addEventListener("abort", end, { once: true });
  });
}

/** Whether nothing is to be expected by waiting for that sandbox. */
export function isSettled(
  routes: RouteTable,
  { namespace, sandbox }: HeaderAddress,
  caller: Caller,
): boolean {
  const route = routes.findNamed(namespace, sandbox);
  if (route === undefined || route.unclaimed) return false;
  if (!caller.admin && route.owner !== caller.user) return false;
  return route.state !== "Starting";
}
