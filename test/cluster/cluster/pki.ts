/** The certificates of one cluster: a CA, the API server's, and one for each user. */
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

export interface Pki {
  /** PEM of the CA. */
  readonly ca: string;
  /** Path of a file: `ca.crt`, `<name>.crt`, `<name>.key`, `service-accounts.key` and `.pub`. */
  path(file: string): string;
  /** Issues a certificate for a client and, with names, for a server. */
  issue(name: string, subject: { user: string; group: string }, names?: readonly string[]): Promise<void>;
}

export async function makePki(folder: string): Promise<Pki> {
  // The library wants it in place before itself.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (file: string): string => join(folder, file);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(),
      name: "CN=sandgate-test-ca",
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  const ca = authority.toString("pem");
  writeFileSync(path("ca.crt"), ca);

  const tokens = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const tokenKey = await pemOf(tokens.privateKey);
  writeFileSync(path("service-accounts.key"), tokenKey, { mode: 0o600 });
  const tokenPublic = createPublicKey(createPrivateKey(tokenKey)).export({ type: "spki", format: "pem" });
  writeFileSync(path("service-accounts.pub"), tokenPublic);

  return {
    ca,
    path,
    async issue(name, { user, group }, names = []) {
      const own = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
      const certificate = await x509.X509CertificateGenerator.create(
        {
          ...validity(),
          subject: `CN=${user}, O=${group}`,
          issuer: authority.subject,
          publicKey: own.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          extensions: [
            new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
            new x509.SubjectAlternativeNameExtension(
              [...names, "localhost"].map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
            ),
          ],
        },
        webcrypto,
      );
      writeFileSync(path(`${name}.crt`), certificate.toString("pem"));
      writeFileSync(path(`${name}.key`), await pemOf(own.privateKey), { mode: 0o600 });
    },
  };
}

function validity(): { serialNumber: string; notBefore: Date; notAfter: Date } {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return {
    serialNumber: serial.toString("hex"),
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
  };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
