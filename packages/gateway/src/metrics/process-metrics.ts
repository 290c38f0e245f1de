import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MetricsSnapshot } from "./snapshot.ts";

/** What the process as a whole takes. */
export interface ProcessMetrics {
  snapshot(): MetricsSnapshot;
  close(): void;
}

/** Milliseconds; how late a timer is that is due so often. */
const RESOLUTION_MS = 20;
const MICRO = 1e-6;
const NANO = 1e-9;

export function watchProcess(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const startedSeconds = Date.now() / 1000 - process.uptime();
  return {
    snapshot() {
      const { user, system } = process.cpuUsage();
      const one = (value: number) => [{ labels: [], value }];
      // The histogram has what the timer took, its period among it.
      const late = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) * NANO - RESOLUTION_MS / 1000);
      delay.reset();
      return {
        process_cpu_user_seconds_total: one(user * MICRO),
        process_cpu_system_seconds_total: one(system * MICRO),
        process_resident_memory_bytes: one(process.memoryUsage.rss()),
        process_start_time_seconds: one(startedSeconds),
        nodejs_heap_size_used_bytes: one(process.memoryUsage().heapUsed),
        nodejs_eventloop_lag_p99_seconds: one(late),
      };
    },
    close: () => delay.disable(),
  };
}
