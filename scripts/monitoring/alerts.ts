/** One alert: what it looks at, and what whoever is woken by it does. */
export interface Alert {
  readonly expr: string;
  /** How long it has to be so, as Prometheus writes durations. */
  readonly for: string;
  /** `critical`: nobody reaches his sandbox. `warning`: look at it today. `info`: somebody may want to know. */
  readonly severity: "critical" | "warning" | "info";
  /** One line, with what the series says. */
  readonly summary: string;
  /** What it means and what to do, for docs/guide/monitoring.md. */
  readonly runbook: string;
}

/** Every alert by its name. Rules, chart and guide are made from this table. */
export const ALERTS = {
  SandgateAbsent: {
    expr: "absent(sandgate_build_info)",
    for: "5m",
    severity: "critical",
    summary: "No gateway is scraped.",
    runbook:
      "Prometheus gets no metrics of any gateway. `kubectl -n sandgate-system get pods`; where they run, look whether Prometheus' namespace carries the label `sandgate.dev/metrics=true` and its ServiceMonitor selector takes `sandgate-gateway`.",
  },
  SandgateNotSynced: {
    expr: "sandgate_routes_synced == 0",
    for: "5m",
    severity: "critical",
    summary: "{{ $labels.instance }} does not know the sandboxes.",
    runbook:
      "The gateway has never read the list of sandboxes, so it answers 503 (`NOT_SYNCED`) and is not ready. Its log says why: the API server cannot be reached, or it lacks rights. `sandgate doctor` tells which.",
  },
  SandgateRoutesStale: {
    expr: "time() - sandgate_routes_synced_timestamp_seconds > 180 and sandgate_routes_synced == 1",
    for: "5m",
    severity: "warning",
    summary: "{{ $labels.instance }} has heard nothing of sandboxes for {{ $value | humanizeDuration }}.",
    runbook:
      "An idle API server tells once a minute that there is nothing to tell, so this is an outage of it or of the network. Known sandboxes go on being served; new ones, moved ones and those that are gone are not seen. [Following](../reference/following.md) has what happens then.",
  },
  SandgateErrors: {
    expr: 'sum(rate(sandgate_requests_total{code="5xx"}[5m])) / sum(rate(sandgate_requests_total[5m])) > 0.05 and sum(rate(sandgate_requests_total[5m])) > 1',
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the requests end with 5xx.",
    runbook:
      "The panel *Errors by code* says whether they are the gateway's own (`BROKEN`, `UNREACHABLE`, `TOO_SLOW`; [errors](../reference/errors.md) has the remedy of each) or the sandboxes', and *5xx by sandbox* whose.",
  },
  SandgateDefect: {
    expr: 'increase(sandgate_errors_total{error="INTERNAL"}[15m]) > 0',
    for: "0m",
    severity: "warning",
    summary: "{{ $labels.instance }} failed on a request by a defect.",
    runbook: "The log has `a request failed by a defect` with where it was. Report it.",
  },
  SandgateDialFailures: {
    expr: 'sum by (instance) (rate(sandgate_dial_failures_total{reason!="refused"}[5m])) / sum by (instance) (rate(sandgate_dials_total[5m])) > 0.2 and sum by (instance) (rate(sandgate_dials_total[5m])) > 0.1',
    for: "10m",
    severity: "warning",
    summary:
      "{{ $value | humanizePercentage }} of the connections of {{ $labels.instance }} to sandboxes fail.",
    runbook:
      "*Dial failures by reason*: `timeout` and `unreachable` are the network: a NetworkPolicy that does not admit the gateway, or a node that is gone. `sandgate doctor` looks for both. Refused connections are not in it: there nobody listens (yet) on the port that somebody asked for.",
  },
  SandgateCircuitsOpen: {
    expr: "sandgate_circuits_open > 0",
    for: "15m",
    severity: "info",
    summary: "{{ $labels.instance }} does not dial {{ $value }} addresses of pods.",
    runbook:
      "Pods that are Ready and cannot be connected to for a quarter of an hour, as on a node that is cut off. The log names the addresses.",
  },
  SandgateBusy: {
    expr: 'sum(rate(sandgate_errors_total{error="SANDBOX_BUSY"}[5m])) > 0',
    for: "10m",
    severity: "warning",
    summary: "Sandboxes are refused requests because they have too many under way.",
    runbook:
      "Somebody sends one sandbox more requests at once than `maxInFlightPerSandbox`, or than its annotation lets it have; the access log says who and which.",
  },
  SandgateSaturated: {
    expr: "nodejs_eventloop_lag_p99_seconds > 0.1 and on (instance, job) rate(process_cpu_user_seconds_total[5m]) > 0.7",
    for: "10m",
    severity: "warning",
    summary:
      "{{ $labels.instance }} is at its limit: requests wait {{ $value | humanizeDuration }} for the processor.",
    runbook:
      "One thread serves on one core. More replicas, or `--workers`; [the gateway's speed](../reference/gateway-performance.md) has what one core carries.",
  },
  SandgateWorkersEnd: {
    expr: "increase(sandgate_worker_restarts_total[15m]) > 1",
    for: "0m",
    severity: "warning",
    summary: "Threads of {{ $labels.instance }} end by errors.",
    runbook: "The log has the error of each. Report it; requests that a thread had are cut when it ends.",
  },
  SandgateReloadFailed: {
    expr: 'increase(sandgate_reloads_total{result="failed"}[1h]) > 0',
    for: "0m",
    severity: "warning",
    summary: "{{ $labels.instance }} could not take up new {{ $labels.what }}; the old ones stay in use.",
    runbook:
      "The log names file, entry and what is wrong with it. Keys that were taken out go on working until the file can be read.",
  },
  SandgateCertificateExpires: {
    expr: "sandgate_certificate_expiry_timestamp_seconds - time() < 7 * 86400",
    for: "1h",
    severity: "warning",
    summary: "{{ $labels.file }} ends in {{ $value | humanizeDuration }}.",
    runbook:
      "Put the new certificate and its key in the place of the old files; the gateway takes them up by itself. Where something renews it, look why it did not.",
  },
  SandgateAddressConflict: {
    expr: 'max(sandgate_routes{state="Conflict"}) > 0',
    for: "15m",
    severity: "info",
    summary: "{{ $value }} sandboxes have no address, because an older one has it.",
    runbook:
      "`sandgate list` shows them as `Conflict` and with whom. Rename one, or make it anew when the other is gone.",
  },
} as const satisfies Record<string, Alert>;
