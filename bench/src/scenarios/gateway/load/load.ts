/** What a load generator has seen. */
export interface Load {
  /** Answers, messages, events or bytes. */
  readonly count: number;
  readonly seconds: number;
  /** Milliseconds; absent where nothing was timed. */
  readonly latency?: { readonly p50: number; readonly p99: number; readonly p999: number };
}

/** Is told when counting begins and ends, to read meanwhile what the proxy used. */
export interface Meter {
  begin(): void;
  end(): void;
}
