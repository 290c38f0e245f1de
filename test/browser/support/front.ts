import { ANNOTATION_KEEP_PREFIX, ANNOTATION_PORT } from "@sandgate/contract";
import { entry, openBench, type Bench } from "../../../packages/gateway/test/support.ts";

/** Names under it lead to the gateway in the tests' browser only. */
export const BASE_DOMAIN = "sandboxes.example.test";

/** How an application is addressed, and the path under which its pages stand there. */
export const FORMS = [
  { form: "host form under localhost", origin: "box--alice.localhost", prefix: "" },
  { form: "host form under a base domain", origin: `box--alice.${BASE_DOMAIN}`, prefix: "" },
  { form: "path form", origin: "127.0.0.1", prefix: "/alice/box" },
] as const;

/** A gateway whose sandbox `box` of alice is an application of this machine. */
export interface Front {
  /** Origin with the port of the gateway. */
  origin(hostname: string): string;
  close(): Promise<void>;
}

/** @param port - Where the application listens; the sandbox says so, and so addresses need no port. It is told its address. */
export async function openFront(port: number): Promise<Front> {
  const bench: Bench = await openBench((_request, response) => response.writeHead(404).end(), {
    baseDomain: BASE_DOMAIN,
    pathModePages: true,
  });
  const made = entry("alice", "box");
  bench.routes.put("alice-box", {
    ...made,
    sandbox: {
      ...made.sandbox,
      annotations: { [ANNOTATION_PORT]: String(port), [ANNOTATION_KEEP_PREFIX]: "*" },
    },
  });
  return {
    origin: (hostname) => `http://${hostname}:${new URL(bench.gateway.url).port}`,
    close: () => bench.close(),
  };
}
