import { ERROR_CATALOGUE } from "@sandgate/contract";
import type { TunnelProtocol } from "../engine/engine-counters.ts";
import { Histogram } from "./histogram.ts";
import { SandboxTraffic } from "./sandbox-traffic.ts";
import type { MetricsSnapshot, Sample } from "./snapshot.ts";

/** Seconds; deciding takes microseconds and a cold sandbox minutes. */
const SECONDS = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];
/** Seconds; a terminal is open for hours. */
const TUNNEL_SECONDS = [1, 10, 60, 600, 3_600, 21_600, 86_400];

/** What of a finished exchange is counted. Times are those of performance.now(), 0 where it did not come so far. */
export interface Ended {
  readonly status: number;
  readonly error: string | null;
  /** `user/sandbox`, null where it went to none. */
  readonly sandbox: string | null;
  readonly tunnel: TunnelProtocol | null;
  readonly beganMs: number;
  readonly decidedMs: number;
  readonly connectedMs: number;
  readonly answeredMs: number;
}

/** Counts requests as they end; nothing is made for one but numbers. */
export class RequestMetrics {
  /** By the status's hundreds. */
  readonly #classes = new Float64Array(6);
  /** All there are from the begin: of a counter that comes with its first error no rate would tell. */
  readonly #errors = new Map<string, number>(
    [...Object.keys(ERROR_CATALOGUE), "CLIENT_GONE"].map((code) => [code, 0]),
  );
  readonly #whole = new Histogram(SECONDS);
  readonly #decide = new Histogram(SECONDS);
  readonly #connect = new Histogram(SECONDS);
  readonly #firstByte = new Histogram(SECONDS);
  readonly #tunnels: Readonly<Record<TunnelProtocol, Histogram>> = {
    websocket: new Histogram(TUNNEL_SECONDS),
    other: new Histogram(TUNNEL_SECONDS),
  };
  readonly #traffic: SandboxTraffic;

  /** @param sandboxes - How many sandboxes are counted each by itself. */
  constructor(sandboxes: number) {
    this.#traffic = new SandboxTraffic(sandboxes);
  }

  /**
   * @param sandboxUid - Null where it went to none.
   * @param nowMs - Of performance.now().
   */
  ended(exchange: Ended, sandboxUid: string | null, nowMs: number): void {
    const { status, error, beganMs, decidedMs, connectedMs, answeredMs } = exchange;
    const hundreds = (status / 100) | 0;
    this.#classes[hundreds]!++;
    if (error !== null) this.#errors.set(error, (this.#errors.get(error) ?? 0) + 1);
    const seconds = (nowMs - beganMs) / 1000;
    if (exchange.tunnel === null) this.#whole.add(seconds);
    else this.#tunnels[exchange.tunnel].add(seconds);
    if (decidedMs === 0) return;
    this.#decide.add((decidedMs - beganMs) / 1000);
    if (connectedMs !== 0) this.#connect.add((connectedMs - decidedMs) / 1000);
    if (answeredMs !== 0) this.#firstByte.add((answeredMs - (connectedMs || decidedMs)) / 1000);
    if (sandboxUid !== null && exchange.sandbox !== null)
      this.#traffic.count(sandboxUid, exchange.sandbox, hundreds, nowMs);
  }

  snapshot(): MetricsSnapshot {
    const classes: Sample[] = [];
    this.#classes.forEach((value, hundreds) => {
      if (value > 0 || hundreds > 1) classes.push({ labels: [`${hundreds}xx`], value });
    });
    return {
      sandgate_requests_total: classes,
      sandgate_sandbox_requests_total: this.#traffic.samples(),
      sandgate_errors_total: [...this.#errors].map(([error, value]) => ({ labels: [error], value })),
      sandgate_request_duration_seconds: [this.#whole.sample()],
      sandgate_phase_duration_seconds: [
        this.#decide.sample("decide"),
        this.#connect.sample("connect"),
        this.#firstByte.sample("first_byte"),
      ],
      sandgate_tunnel_duration_seconds: [
        this.#tunnels.websocket.sample("websocket"),
        this.#tunnels.other.sample("other"),
      ],
    };
  }
}
