import { randomBytes, webcrypto } from "node:crypto";

export interface Issued {
  readonly certificatePem: string;
  readonly keyPem: string;
}

const YEAR_MS = 365 * 86_400_000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Every name under which a client on this machine may know the server. */
const SERVING_NAMES = [
  { type: "ip", value: "127.0.0.1" },
  { type: "dns", value: "localhost" },
  { type: "dns", value: "kubernetes" },
  { type: "dns", value: "kubernetes.default" },
  { type: "dns", value: "kubernetes.default.svc" },
] as const;

// The library is needed on the first start only and costs 100 ms to load.
async function load(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

export async function issueCa(): Promise<Issued> {
  const x509 = await load();
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(20),
      name: "CN=sandgate-embedded-ca",
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  );
  return { certificatePem: pem(certificate.toString("pem")), keyPem: await exportKey(keys.privateKey) };
}

export function issueServing(ca: Issued): Promise<Issued> {
  return issue(ca, "CN=kube-apiserver", "1.3.6.1.5.5.7.3.1", SERVING_NAMES);
}

/** A client certificate for the user `name` in `group`. */
export function issueClient(ca: Issued, name: string, group: string): Promise<Issued> {
  return issue(ca, `CN=${name}, O=${group}`, "1.3.6.1.5.5.7.3.2", []);
}

async function issue(
  ca: Issued,
  subject: string,
  usage: string,
  names: readonly { type: "ip" | "dns"; value: string }[],
): Promise<Issued> {
  const x509 = await load();
  const keys = await generateKeys();
  const authority = new x509.X509Certificate(ca.certificatePem);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", derOf(ca.keyPem), ALGORITHM, false, ["sign"]);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      ...validity(10),
      subject,
      issuer: authority.subject,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
        await x509.AuthorityKeyIdentifierExtension.create(authority),
      ],
    },
    webcrypto,
  );
  return { certificatePem: pem(certificate.toString("pem")), keyPem: await exportKey(keys.privateKey) };
}

function validity(years: number): { serialNumber: string; notBefore: Date; notAfter: Date } {
  // An hour back for clocks that were set after the first start; a serial number is positive, so its top bit is 0.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return {
    serialNumber: serial.toString("hex"),
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + years * YEAR_MS),
  };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

function derOf(keyPem: string): Buffer<ArrayBuffer> {
  return Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}

function pem(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
