import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createRuntimeServer } from "./server.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
mkdirSync(settings.workspace, { recursive: true });
const server = createRuntimeServer(settings);
server.on("error", (error: NodeJS.ErrnoException) => {
  process.stderr.write(`sandgate-runtime: cannot listen on port ${settings.port}: ${error.message}\n`);
  process.exit(1);
});
server.listen(settings.port, settings.host, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`sandgate-runtime: listening on port ${port}, workspace ${settings.workspace}\n`);
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    // As the first process of a pod: its end is the end of everything it started.
    server.closeAllConnections();
    process.exit(0);
  });
}
