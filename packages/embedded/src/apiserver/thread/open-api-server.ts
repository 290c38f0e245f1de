import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@sandgate/contract";
import { createConverter } from "../crd/conversion.ts";
import { createCrdStrategy } from "../crd/crd-strategy.ts";
import { ensureAgentSandboxCrds, startCustomResources } from "../crd/custom-resources.ts";
import { createDiscovery } from "../discovery/discovery.ts";
import type { Api } from "../handlers/api.ts";
import { ensureBaseObjects } from "../handlers/base-objects.ts";
import { startEventExpiry } from "../handlers/event-expiry.ts";
import { startGarbageCollector } from "../handlers/garbage-collector.ts";
import { startNamespaceLifecycle } from "../handlers/namespace-lifecycle.ts";
import { startQuotaStatus } from "../handlers/resource-quota.ts";
import type { TokenUser } from "../handlers/reviews.ts";
import { createOpenApi } from "../openapi/open-api.ts";
import { createBuiltInDefinitions } from "../registry/built-in.ts";
import { createRegistry } from "../registry/registry.ts";
import { createSchemaTable } from "../registry/schema-table.ts";
import { createApiServer } from "../server/api-server.ts";
import { createAuthenticator } from "../server/authenticate.ts";
import { createPlainPaths } from "../server/plain-paths.ts";
import { DataFolderError } from "../storage/data-folder-error.ts";
import { openDatabase } from "../storage/database.ts";
import { keyOf } from "../storage/entry.ts";
import { createStore } from "../storage/store.ts";
import { ensureCertificates, replaceFile } from "../tls/certificates.ts";
import { formatKubeconfig } from "../tls/kubeconfig.ts";
import {
  isForThisServer,
  openServiceAccountTokens,
  serviceAccountUser,
} from "../tls/service-account-tokens.ts";
import { KNOWN_USERS, type Tokens, createTokenCheck, ensureTokens } from "../tls/users.ts";
import { listenOn } from "./listen.ts";
import type { ReadyMessage, ThreadOptions } from "./messages.ts";

export interface OpenApiServer {
  readonly ready: ReadyMessage;
  close(): Promise<void>;
}

/** Opens the data folder and serves it. What was opened is closed again if a later step fails. */
export async function openApiServer(options: ThreadOptions, logger: Logger): Promise<OpenApiServer> {
  const { dataDir } = options;
  openFolder(dataDir);
  const database = openDatabase(join(dataDir, "cluster.db"), { fsync: options.fsync });
  const undo: (() => void)[] = [() => database.close()];
  const closeAll = (): void => {
    for (const step of undo.splice(0).toReversed()) step();
  };
  try {
    const store = createStore(database);
    const now = (): number => Date.now();
    const certificates = await ensureCertificates(join(dataDir, "pki"), KNOWN_USERS.admin.name);
    const tokens = ensureTokens(join(dataDir, "pki", "tokens.json"));
    const registry = createRegistry(createSchemaTable());
    registry.set(
      "built-in",
      createBuiltInDefinitions({
        customResourceDefinitions: createCrdStrategy(registry, now),
        serviceAddresses: {
          range: "10.96",
          inUse: (address) =>
            [...store.bucket("/services").entries.values()].some((entry) =>
              entry.json.includes(`"${address}"`),
            ),
        },
      }),
    );
    const api: Api = {
      store,
      registry,
      ...createConverter(registry),
      tokens: openServiceAccountTokens(join(dataDir, "pki", "service-account.key"), now),
      now,
      logger,
    };
    ensureBaseObjects(api);
    ensureAgentSandboxCrds(api);
    undo.push(
      startCustomResources(api),
      startNamespaceLifecycle(api),
      startGarbageCollector(api),
      startEventExpiry(api),
      startQuotaStatus(api),
    );
    const tokenUser = createTokenUser(api, tokens);
    const served = createApiServer({
      api,
      certificates,
      authenticate: createAuthenticator(tokenUser),
      tokenUser,
      plainPaths: createPlainPaths({
        discovery: createDiscovery(registry),
        openApi: createOpenApi(registry),
        version: options.version,
      }),
      logger,
    });
    const port = await listenOn(served.server, options.port, join(dataDir, "apiserver.port"));
    const url = `https://127.0.0.1:${port}`;
    const kubeconfigPath = join(dataDir, "kubeconfig");
    replaceFile(kubeconfigPath, formatKubeconfig(url, certificates));
    return {
      ready: { type: "ready", url, kubeconfigPath, caPem: certificates.caPem, ...certificates.admin, tokens },
      close: async () => {
        await served.close();
        closeAll();
      },
    };
  } catch (error) {
    closeAll();
    throw explainFolder(dataDir, error);
  }
}

/** What a full or read-only disk means for who starts the server. */
function explainFolder(dataDir: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DataFolderError("DATA_DISK_FULL", `No space left in ${dataDir}. Free disk space.`, {
      cause: error,
    });
  }
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return error;
  return new DataFolderError(
    "DATA_NOT_WRITABLE",
    `Cannot write in the data folder ${dataDir} (${code}). It has to belong to this user; choose another with --data-dir.`,
    { cause: error },
  );
}

/** By a fixed token, or as a ServiceAccount that still exists. */
function createTokenUser(api: Api, tokens: Tokens): TokenUser {
  const known = createTokenCheck(tokens);
  return (token) => {
    const user = known(token);
    if (user !== undefined) return user;
    const subject = api.tokens.read(token);
    if (subject === undefined || !isForThisServer(subject.audiences)) return undefined;
    const account = api.store.get("/serviceaccounts", keyOf(subject.namespace, subject.name));
    return account?.uid === subject.uid ? serviceAccountUser(subject) : undefined;
  };
}

function openFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    chmodSync(dataDir, 0o700);
  } catch (error) {
    throw new DataFolderError(
      "DATA_NOT_WRITABLE",
      `Cannot use the data folder ${dataDir}: ${error instanceof Error ? error.message : String(error)}. ` +
        "It has to be creatable or belong to this user; choose another with --data-dir.",
      { cause: error },
    );
  }
}
