import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Issued, issueCa, issueClient, issueServing } from "./issue.ts";

const DAY_MS = 86_400_000;
/** A certificate that ends sooner is made anew at the start. */
const RENEW_BEFORE_MS = 90 * DAY_MS;

export interface Certificates {
  readonly caPem: string;
  readonly serving: { readonly certificatePem: string; readonly keyPem: string };
  /** Client certificate of the administrator. */
  readonly admin: { readonly certificatePem: string; readonly keyPem: string };
}

/**
 * Reads the CA, the serving certificate and the administrator's from `folder`, and makes what is missing or about to
 * end. Keys are readable by their owner only.
 */
export async function ensureCertificates(folder: string, adminName: string): Promise<Certificates> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let ca = read(folder, "ca");
  const fresh = ca === undefined;
  if (ca === undefined) {
    ca = await issueCa();
    write(folder, "ca", ca);
  }
  const authority = ca;
  const ensure = async (name: string, issue: () => Promise<Issued>): Promise<Issued> => {
    const kept = fresh ? undefined : read(folder, name);
    if (kept !== undefined && isIssuedBy(kept.certificatePem, authority.certificatePem)) return kept;
    const made = await issue();
    write(folder, name, made);
    return made;
  };
  const serving = await ensure("serving", () => issueServing(authority));
  const admin = await ensure("admin", () => issueClient(authority, adminName, "system:masters"));
  return { caPem: ca.certificatePem, serving, admin };
}

function read(folder: string, name: string): Issued | undefined {
  const paths = [join(folder, `${name}.crt`), join(folder, `${name}.key`)] as const;
  if (!paths.every((path) => existsSync(path))) return undefined;
  const [certificatePem, keyPem] = [readFileSync(paths[0], "utf8"), readFileSync(paths[1], "utf8")];
  const certificate = parse(certificatePem);
  if (certificate === undefined || !keyPem.includes("PRIVATE KEY")) return undefined;
  return Date.parse(certificate.validTo) - Date.now() > RENEW_BEFORE_MS
    ? { certificatePem, keyPem }
    : undefined;
}

function isIssuedBy(pem: string, caPem: string): boolean {
  const ca = parse(caPem);
  const certificate = parse(pem);
  return ca !== undefined && certificate !== undefined && certificate.verify(ca.publicKey);
}

/** Undefined for text that is no certificate, as a file cut off by a full disk. */
function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function write(folder: string, name: string, issued: Issued): void {
  replaceFile(join(folder, `${name}.key`), issued.keyPem);
  replaceFile(join(folder, `${name}.crt`), issued.certificatePem);
}

/** Whole or not at all, readable by the owner only. */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
