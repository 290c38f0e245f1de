import { runWorker } from "@sandgate/gateway/worker";
import { createConsoleLogger } from "../output/console-logger.ts";
import type { LogForm } from "./log-form.ts";

/** A worker of `sandgate gateway`; its log has the form of the command's. */
await runWorker({
  createLogger(output, own) {
    const { level, json } = own as LogForm;
    return createConsoleLogger(output, level, json);
  },
});
