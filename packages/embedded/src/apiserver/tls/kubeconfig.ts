import type { Certificates } from "./certificates.ts";

/** A kubeconfig for the administrator, in block style as people read it. */
export function formatKubeconfig(url: string, certificates: Certificates): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return `apiVersion: v1
kind: Config
current-context: sandgate
clusters:
  - name: sandgate
    cluster:
      server: ${url}
      certificate-authority-data: ${base64(certificates.caPem)}
users:
  - name: admin
    user:
      client-certificate-data: ${base64(certificates.admin.certificatePem)}
      client-key-data: ${base64(certificates.admin.keyPem)}
contexts:
  - name: sandgate
    context:
      cluster: sandgate
      user: admin
      namespace: default
`;
}
