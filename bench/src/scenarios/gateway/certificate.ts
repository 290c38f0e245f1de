import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runFolder } from "./run-folder.ts";

/** A certificate for the loopback address (ECDSA, P-256), the same for every candidate. */
export interface Certificate extends Disposable {
  /** Files in PEM form; the third holds both, as HAProxy wants it. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly bothFile: string;
  /** What clients trust. */
  readonly pem: string;
}

const KIND = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const NAMES = ["-subj", "/CN=sandgate-bench", "-addext", "subjectAltName=IP:127.0.0.1"];

/** Made anew by openssl, in a folder that goes with it. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(runFolder(), "certificate-"));
  const [certFile, keyFile, bothFile] = ["cert.pem", "key.pem", "both.pem"].map((name) => join(folder, name));
  const files = { certFile: certFile ?? "", keyFile: keyFile ?? "", bothFile: bothFile ?? "" };
  const made = spawnSync(
    "openssl",
    ["req", "-x509", ...KIND, ...NAMES, "-days", "2", "-keyout", files.keyFile, "-out", files.certFile],
    { encoding: "utf8" },
  );
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  if (made.status !== 0) {
    close();
    throw new Error(`openssl made no certificate:\n${made.stderr}`);
  }
  const pem = readFileSync(files.certFile, "utf8");
  writeFileSync(files.bothFile, pem + readFileSync(files.keyFile, "utf8"));
  return { ...files, pem, [Symbol.dispose]: close };
}
