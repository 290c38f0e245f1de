import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext, type Server, type TlsOptions } from "node:tls";
import type { Logger } from "@sandgate/contract";
import { followFiles } from "../follow-files.ts";
import { StartError } from "../start-error.ts";

/** Certificates of the gateway's listeners, as their files have them now. */
export interface Certificates {
  /** For a server; it gets newer ones from `follow`. */
  readonly options: TlsOptions;
  /** Gives a server the certificates that come later. */
  follow(server: Server): void;
  /** How often the files were read again. */
  readonly reloads: { readonly ok: number; readonly failed: number };
  /** When each of those in use ends, as Unix time in milliseconds. */
  expiries(): readonly { file: string; atMs: number }[];
  close(): void;
}

interface Loaded {
  readonly x509: X509Certificate;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly context: SecureContext;
}

const MIN_VERSION = "TLSv1.2";
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Reads pairs of certificate and key and follows their changes. The first pair is for clients that name no host, or one that no
 * certificate is for. A change that cannot be read leaves the old ones in use and is logged.
 *
 * @param ticketKeys - 48 bytes by which clients' sessions are gone on with, where other threads are to know them too.
 * @throws StartError that names the file.
 */
export async function openCertificates(
  certFiles: readonly string[],
  keyFiles: readonly string[],
  logger: Logger,
  ticketKeys?: Uint8Array,
): Promise<Certificates> {
  if (certFiles.length !== keyFiles.length) {
    throw new StartError(
      `tlsCert names ${certFiles.length} files and tlsKey ${keyFiles.length}; every certificate needs its key, in the same order.`,
    );
  }
  let loaded = await loadAll(certFiles, keyFiles);
  const servers = new Set<Server>();
  const tickets = ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) };
  const reloads = { ok: 0, failed: 0 };
  const reload = async (): Promise<void> => {
    try {
      loaded = await loadAll(certFiles, keyFiles);
      const [first] = loaded;
      for (const server of servers)
        server.setSecureContext({ cert: first.cert, key: first.key, minVersion: MIN_VERSION, ...tickets });
      reloads.ok++;
      logger.info("certificates read again", { validUntil: loaded.map(({ x509 }) => x509.validTo) });
    } catch (error) {
      reloads.failed++;
      logger.error("certificates could not be read again; the old ones stay", {
        error: (error as Error).message,
      });
    }
  };
  const unfollow = followFiles([...certFiles, ...keyFiles], () => void reload());
  const [first] = loaded;
  return {
    options: {
      cert: first.cert,
      key: first.key,
      minVersion: MIN_VERSION,
      ...tickets,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      ALPNProtocols: ["h2", "http/1.1"],
      SNICallback: (name, done) => {
        const found = loaded.find(({ x509 }) => x509.checkHost(name) !== undefined);
        done(null, (found ?? loaded[0]).context);
      },
    },
    follow: (server) => void servers.add(server),
    reloads,
    expiries: () =>
      loaded.map(({ x509 }, at) => ({ file: certFiles[at] ?? "", atMs: x509.validToDate.getTime() })),
    close: unfollow,
  };
}

async function loadAll(
  certFiles: readonly string[],
  keyFiles: readonly string[],
): Promise<[Loaded, ...Loaded[]]> {
  const [first, ...more] = await Promise.all(
    certFiles.map((file, index) => load(file, keyFiles[index] ?? "")),
  );
  if (first === undefined) throw new StartError("tlsCert names no file.");
  return [first, ...more];
}

async function load(certFile: string, keyFile: string): Promise<Loaded> {
  const [cert, key] = await Promise.all([certFile, keyFile].map((file) => read(file)));
  try {
    const x509 = new X509Certificate(cert ?? "");
    const context = createSecureContext({ cert, key, minVersion: MIN_VERSION });
    return { x509, cert: cert ?? Buffer.alloc(0), key: key ?? Buffer.alloc(0), context };
  } catch (error) {
    // OpenSSL's words name neither file, and hold nothing of the key.
    throw new StartError(
      `${certFile} and ${keyFile} are no certificate and key of each other in PEM form: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartError(`The certificate cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
