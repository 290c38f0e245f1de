/** How to reach one API server, and as whom. All PEM members are text, not paths. */
export interface ClusterAccess {
  /** `https://host:port`, a path prefix allowed. */
  readonly server: string;
  readonly caPem?: string;
  readonly certificatePem?: string;
  readonly keyPem?: string;
  /** A fixed token, or one that is asked for again before it ends (token file, exec plugin). */
  readonly token?: string | (() => Promise<string>);
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  /** Namespace of the context, `default` where it names none. */
  readonly namespace?: string;
}
