import type { Release } from "./routing/releases.ts";
import { ADDRESS_CASE } from "./routing/routing-cases.ts";

/** Cases that cannot hold on our node. */
export const EMBEDDED_NODE_EXCEPTIONS = {
  [`a route ${ADDRESS_CASE}`]:
    "the node gives out its range of 65,000 addresses in turn, so none is given again while the test runs",
} as const;

const NO_LABELS = "labels of a template reach a pod when it is made, and not later";
const SERVICE_ALWAYS = "there is always a Service; `spec.service` came with v0.4.6";
const NO_MULTIPLE = "a second pod of a sandbox goes unnoticed; the reason `MultiplePods` came with v0.5.6";
const TAKES_OVER = "a pod of its name that is nobody's is taken over; that it is refused came with v0.5.0";
const NO_SCHEDULED = "the condition `PodScheduled` came with v0.5.6";
const OWN_LABELS = "a template may set any label; that upstream's own are dropped came with v0.5.0";
const NO_VOLUMES = "a claim's `spec.volumeClaimTemplates` came with v0.5.0";
const ANY_DOMAIN = "a claim may set any label; that its domain must be allowed came with v0.5.0";
const NO_POLICY = "templates make no network policy; that came with v0.2.1";
const NO_LIFECYCLE = "a claim's `spec.lifecycle` came with v0.1.1";
const NO_TTL = "a claim's `spec.lifecycle.ttlSecondsAfterFinished` came with v0.4.3";

const UP_TO_V0_4_6 = {
  "a Sandbox passes no labels and annotations on that are upstream's own": OWN_LABELS,
  "a Sandbox freezes when two pods are its own": NO_MULTIPLE,
  "a Sandbox refuses a pod of its name that is nobody's and not marked, and takes one that is marked":
    TAKES_OVER,
  "a Sandbox tells why its pod has no node": NO_SCHEDULED,
  "a SandboxClaim with volumes of its own is refused unless the template allows them": NO_VOLUMES,
  "a SandboxClaim labels its pod under an allowed domain only": ANY_DOMAIN,
};

const UP_TO_V0_2_1 = {
  ...UP_TO_V0_4_6,
  "a Sandbox changes the labels of a running pod with its template, and leaves others' alone": NO_LABELS,
  "a Sandbox keeps its Service while `service` is absent, and removes it when that is false": SERVICE_ALWAYS,
  "a SandboxWarmPool that recreates replaces members of an earlier template":
    "a pool's `spec.updateStrategy` came with v0.4.0",
  "a SandboxClaim with variables starts cold, if the template allows them":
    "a claim's `spec.env` came with v0.4.0",
  "a SandboxClaim labels its pod": "a claim's `spec.additionalPodMetadata` came with v0.4.0",
  "a SandboxClaim is deleted a while after its sandbox has finished": NO_TTL,
};

/** What users of a release cannot do, by the case that does it, with the reason. */
export const RELEASE_EXCEPTIONS: Record<Release, Readonly<Record<string, string>>> = {
  "v0.1.0": {
    ...UP_TO_V0_2_1,
    "a Sandbox ends by itself when its shutdown time comes": "`spec.shutdownPolicy` came with v0.1.1",
    "a SandboxTemplate has a network policy that lets in the router only, and out to the public internet only":
      NO_POLICY,
    "a SandboxTemplate brings its own rules": NO_POLICY,
    "a SandboxTemplate repairs its policy": NO_POLICY,
    "a SandboxTemplate has no policy while it is unmanaged": NO_POLICY,
    "a SandboxWarmPool keeps members of an earlier template, and makes new ones from the later":
      "nothing shows when the controllers know the later template",
    "a SandboxClaim past its time gives its sandbox up and stays": NO_LIFECYCLE,
    "a SandboxClaim past its time is deleted where its policy says so": NO_LIFECYCLE,
  },
  "v0.2.1": {
    ...UP_TO_V0_2_1,
    "a Sandbox past its shutdown time runs again when that is put off":
      "an expired sandbox stays expired; from v0.4.3 on it runs again",
  },
  "v0.4.6": UP_TO_V0_4_6,
  "v0.5.6": {},
};
