import { aboutSandbox } from "./about-sandbox.ts";
import type { SandboxFact } from "./facts.ts";
import type { Finding } from "./finding.ts";

/** One reason why a sandbox may not be ready: the first row that applies tells it. */
interface Row {
  when: (fact: SandboxFact, text: string) => boolean;
  tell: (fact: SandboxFact, text: string) => Finding;
}

const IMAGE = /\b(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)\b/;
const CONFIG = /\b(?:CreateContainerConfigError|CreateContainerError|RunContainerError|StartError)\b/;
const NO_RUNTIME_CLASS = /RuntimeClass.{0,80}not found|runtimeclasses?\.node\.k8s\.io.{0,80}not found/is;

/** A controller that runs has written a status by then. */
const SILENT_MS = 5_000;

const ROWS: readonly Row[] = [
  {
    when: ({ state }) => state.state === "Missing",
    tell: (fact) => aboutSandbox("SANDBOX_DELETING", fact, "its deletion has begun"),
  },
  {
    when: ({ state }) => state.state === "Suspended" || state.state === "Suspending",
    tell: (fact) => aboutSandbox("SANDBOX_SUSPENDED", fact, fact.state.message),
  },
  {
    when: ({ state }) => state.state === "Expired",
    tell: (fact) => aboutSandbox("SANDBOX_EXPIRED", fact, fact.state.message),
  },
  {
    when: ({ state }) => state.reason === "MultiplePods",
    tell: (fact, text) => aboutSandbox("MULTIPLE_PODS", fact, text),
  },
  {
    when: ({ state }) => state.state === "Failed" || state.state === "Succeeded",
    tell: (fact, text) => aboutSandbox("POD_ENDED", fact, exitOf(fact) ?? text),
  },
  {
    when: ({ state, route }) => state.state === "Ready" && route.podIps.length === 0,
    tell: (fact) =>
      aboutSandbox(
        "POD_WITHOUT_ADDRESS",
        fact,
        fact.pod?.hostNetwork === true
          ? "it shares the node's network"
          : "its status names none that may be dialled",
      ),
  },
  {
    when: (_fact, text) => NO_RUNTIME_CLASS.test(text),
    tell: (fact, text) =>
      aboutSandbox("RUNTIME_CLASS_MISSING", fact, `RuntimeClass ${fact.runtimeClass ?? ""}: ${text}`),
  },
  {
    when: (_fact, text) => /exceeded quota/i.test(text),
    tell: (fact, text) => aboutSandbox("QUOTA_EXCEEDED", fact, text),
  },
  {
    when: ({ pod }) => IMAGE.test(pod?.reason ?? ""),
    tell: (fact) =>
      aboutSandbox(
        "IMAGE_MISSING",
        fact,
        `${fact.pod?.reason}: ${fact.failing?.image ?? fact.images.join(", ")}`,
      ),
  },
  {
    when: ({ pod }) => CONFIG.test(pod?.reason ?? ""),
    tell: (fact) => aboutSandbox("CONTAINER_CONFIG", fact, `${fact.pod?.reason}: ${fact.pod?.message}`),
  },
  {
    when: ({ pod, failing }) =>
      pod?.reason === "CrashLoopBackOff" ||
      (pod?.ready === false && failing !== null && failing.exitCode !== null),
    tell: (fact, text) => aboutSandbox("CONTAINER_CRASHES", fact, exitOf(fact) ?? text),
  },
  {
    when: ({ unschedulable }) => unschedulable !== null,
    tell: (fact) => aboutSandbox("UNSCHEDULABLE", fact, fact.unschedulable ?? ""),
  },
  {
    when: ({ state }, text) => state.reason === "ReconcilerError" || /\bforbidden\b|denied/i.test(text),
    tell: (fact, text) => aboutSandbox("POD_REFUSED", fact, text),
  },
  {
    when: ({ sandbox, ageMs }) => sandbox.conditions.length === 0 && ageMs > SILENT_MS,
    tell: (fact) => aboutSandbox("CONTROLLER_SILENT", fact, "its status is empty"),
  },
  {
    when: ({ pod }) => pod?.phase === "Running" && !pod.ready,
    tell: (fact, text) => aboutSandbox("POD_NOT_READY", fact, text),
  },
  {
    when: ({ state }) => state.state !== "Ready",
    tell: (fact, text) => aboutSandbox("SANDBOX_STARTING", fact, text),
  },
];

/** Why the sandbox cannot be reached as far as its own state goes; null where it is ready. */
export function causeOf(fact: SandboxFact): Finding | null {
  const text = textOf(fact);
  const row = ROWS.find(({ when }) => when(fact, text));
  return row === undefined ? null : row.tell(fact, text);
}

/** Whether state and pod say enough, so that no events need to be read. */
export function isExplained(fact: SandboxFact): boolean {
  const cause = causeOf(fact);
  return cause === null || (cause.id !== "SANDBOX_STARTING" && cause.id !== "POD_NOT_READY");
}

/** What state, pod and the latest warning say. */
function textOf({ state, events }: SandboxFact): string {
  const said = [state.reason, state.message, events.at(-1)?.message ?? ""].filter((part) => part !== "");
  return [...new Set(said)].join(": ");
}

function exitOf({ failing }: SandboxFact): string | null {
  const code = failing?.exitCode ?? null;
  return code === null ? null : `its container ended with exit code ${code}`;
}
