import { setTimeout as delay } from "node:timers/promises";
import type { RoutedScenario } from "./routed-scenario.ts";
import type { RoutingCase } from "./routing-cases.ts";

const SECOND_MS = 1_000;

/** What a gateway of all namespaces says of the sandbox `box` in one of them. */
async function listed(
  gateway: RoutedScenario,
  namespace: string,
): Promise<{ state: string; message: string }> {
  const { sandboxes } = (await (await fetch(`${gateway.url}/sandboxes`)).json()) as {
    sandboxes: { namespace: string; state: string; message: string }[];
  };
  const found = sandboxes.find((one) => one.namespace === namespace);
  if (found === undefined) throw new Error(`no sandbox of ${namespace} in ${JSON.stringify(sandboxes)}`);
  return found;
}

/** Two sandboxes have one address only by a name in two namespaces, so the gateway follows all of them. */
export function conflictCases(test: RoutingCase): void {
  test("that two claim is the older one's, and the younger is refused where everybody sees it", async (older, expect) => {
    const younger = await older.elsewhere();
    // Nobody else's on this cluster.
    const user = older.namespace;
    const path = `${user}/box`;
    const marks = async (): Promise<string> => (await younger.execute(path, "ls /tmp")).stdout;
    try {
      await older.createSandbox("box", user);
      const { sandboxUid } = await younger.untilState(path, "Ready");
      await younger.execute(path, "touch /tmp/older");
      // Objects tell the second in which they were made, and no event tells of its end.
      await delay(SECOND_MS);
      await younger.createSandbox("box", user);
      const conflict = {
        state: "Conflict",
        message: expect.stringContaining(`${older.namespace}/box`) as string,
      };
      await expect
        .poll(() => listed(younger, younger.namespace), { timeout: 10_000, interval: 50 })
        .toMatchObject(conflict);
      await younger.untilReadyPods(1);
      expect(await listed(younger, younger.namespace)).toMatchObject(conflict);
      expect(await younger.untilState(path, "Ready")).toMatchObject({ sandboxUid });
      expect(await marks()).toContain("older");

      // Whoever used the address meant the one that is gone.
      await older.remove(older.dialect.sandboxes, "box");
      await younger.untilState(path, "Conflict");
      expect(await younger.execute(path, "true")).toMatchObject({ status: 409, error: "ADDRESS_CONFLICT" });

      await younger.remove(younger.dialect.sandboxes, "box");
      await younger.untilRoute(path, "gone", (route) => route === undefined);
      await younger.createSandbox("box", user);
      await younger.untilState(path, "Ready");
      expect(await marks()).not.toContain("older");
    } finally {
      await younger.close();
    }
  });
}
