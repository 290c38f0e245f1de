import type { GatewayConfig } from "@sandgate/contract";
import { isLoopback } from "./is-loopback.ts";
import { StartError } from "./start-error.ts";

/** @throws Error with the remedy where the gateway would be open to strangers. */
export function checkSafety(config: GatewayConfig): void {
  if (config.auth === "keys" && config.apiKeys === undefined) {
    throw new StartError("auth is keys, but no file of keys is named: add --api-keys FILE.");
  }
  const open = [
    config.host,
    ...(config.routerPort === undefined ? [] : [config.routerHost ?? config.host]),
  ].find((host) => !isLoopback(host) && host !== "localhost");
  if (open === undefined) return;
  if (config.apiKeys === undefined && config.auth !== "none") {
    throw new StartError(
      `The gateway would listen on ${open} with nobody to tell callers apart. ` +
        "Name a file of keys with --api-keys FILE, or say --auth=none if whoever reaches it may do everything.",
    );
  }
  if (config.userNamespaces === undefined && config.watchNamespace === undefined) {
    throw new StartError(
      "Off loopback it has to be said which namespaces may claim a user's addresses: " +
        "--user-namespaces PATTERN, as in 'agents-{user}' ('*' for all), or --watch-namespace for one namespace.",
    );
  }
}
