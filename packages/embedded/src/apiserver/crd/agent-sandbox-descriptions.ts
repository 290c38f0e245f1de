// What `kubectl explain` says of the kinds of agent-sandbox, in our words. A path names a field through lists and all:
// `status.conditions.type`. Where the two versions have the same field, it is described once.

type Fields = Readonly<Record<string, string>>;

function under(path: string, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name === "" ? path : `${path}.${name}`, text]),
  );
}

const META: Fields = {
  apiVersion: "Version of the API that the object is written in.",
  kind: "What the object is.",
  metadata: "Name, namespace, labels and what the server keeps about the object.",
};

const POD_TEMPLATE = under("spec.podTemplate", {
  "": "The pod that a sandbox runs.",
  metadata: "Labels and annotations that the pod gets.",
  "metadata.annotations": "Annotations of the pod. Keys of agent-sandbox's own domains are left out.",
  "metadata.labels": "Labels of the pod. Keys of agent-sandbox's own domains are left out.",
  spec: "What the pod runs, as in any pod.",
});

const CLAIM_TEMPLATES = under("spec.volumeClaimTemplates", {
  metadata: "Name, labels and annotations of the claim.",
  "metadata.annotations": "Annotations of the claim.",
  "metadata.labels": "Labels of the claim.",
  "metadata.name":
    "Name of the volume in the pod; the claim itself is named after it and the sandbox, joined by a hyphen.",
  spec: "The storage that is asked for, as in any PersistentVolumeClaim.",
});

const CONDITIONS = under("status.conditions", {
  lastTransitionTime: "When `status` last changed.",
  message: "Details for people.",
  observedGeneration: "Generation of the object that the condition was judged by.",
  reason: "One word for programs that says why.",
  status: "True, False, or Unknown.",
  type: "What the condition is about.",
});

const TEMPLATE_REF = under("spec.sandboxTemplateRef", {
  "": "The SandboxTemplate that sandboxes are made from.",
  name: "Name of the template, in the same namespace.",
});

export const SANDBOX_DESCRIPTIONS: Readonly<Record<string, Fields>> = {
  Sandbox: {
    "": "A single long-lived pod with a stable name, storage that outlives the pod, and a way to be suspended.",
    ...META,
    spec: "What the sandbox should be.",
    ...POD_TEMPLATE,
    "spec.operatingMode":
      "Running has a pod; Suspended has none, while the sandbox keeps its name and its storage.",
    "spec.replicas": "1 for a running sandbox, 0 for a suspended one. In v1beta1 this is `operatingMode`.",
    "spec.service":
      "Whether the sandbox has a headless Service of its name: true makes one, false removes it, and without a value one that is there stays.",
    "spec.shutdownPolicy":
      "What becomes of the sandbox at `shutdownTime`: Retain keeps the object and deletes its pod and Service, Delete removes everything.",
    "spec.shutdownTime": "When the sandbox expires; without it, never.",
    "spec.volumeClaimTemplates":
      "Storage that is made along with the sandbox and stays until the sandbox is deleted. Cannot be changed later.",
    ...CLAIM_TEMPLATES,
    status: "What the sandbox is now. Written by the controller.",
    "status.conditions":
      "Ready, Suspended, Finished and PodScheduled, as far as they apply, with their reasons.",
    ...CONDITIONS,
    "status.nodeName": "The node that the pod runs on.",
    "status.podIPs": "Addresses of the pod; none while there is no pod.",
    "status.replicas": "How many pods the sandbox has: 0 or 1.",
    "status.selector": "Label selector that finds the pod.",
    "status.service": "Name of the sandbox's Service, if it has one.",
    "status.serviceFQDN": "Domain name of the sandbox's Service within the cluster.",
  },
  SandboxClaim: {
    "": "A request for one sandbox, met from a warm pool if it has one ready and by a new sandbox if not.",
    ...META,
    spec: "Which sandbox is asked for.",
    "spec.additionalPodMetadata": "Labels and annotations that the pod gets besides those of the template.",
    "spec.additionalPodMetadata.annotations": "Annotations to add. A key that the template has is refused.",
    "spec.additionalPodMetadata.labels":
      "Labels to add, within the domains that are allowed for them. A key that the template has is refused.",
    "spec.env":
      "Environment variables for the sandbox, if the template's `envVarsInjectionPolicy` allows them. With them, no warm sandbox can be used.",
    "spec.env.containerName": "Container that gets the variable; without it, the first one.",
    "spec.env.name": "Name of the variable.",
    "spec.env.value": "Value of the variable.",
    "spec.lifecycle": "How long the sandbox lives.",
    "spec.lifecycle.shutdownPolicy":
      "What becomes of the claim when it expires: Retain keeps the claim and deletes the sandbox, Delete removes both, DeleteForeground removes the sandbox before the claim.",
    "spec.lifecycle.shutdownTime": "When the claim expires; without it, never.",
    "spec.lifecycle.ttlSecondsAfterFinished":
      "Seconds after its sandbox has finished at which the claim expires.",
    "spec.sandboxTemplateRef":
      "The SandboxTemplate that the sandbox is made from. In v1beta1 the warm pool names it.",
    "spec.sandboxTemplateRef.name": "Name of the template, in the same namespace.",
    "spec.volumeClaimTemplates":
      "Storage for the sandbox, if the template's `volumeClaimTemplatesPolicy` allows it. With it, no warm sandbox can be used.",
    ...CLAIM_TEMPLATES,
    "spec.warmPoolRef": "The SandboxWarmPool that the sandbox comes from.",
    "spec.warmPoolRef.name":
      "Name of the pool, in the same namespace. A pool without replicas gives a new sandbox each time.",
    "spec.warmpool":
      "Which warm pool may be used: none, default for any pool of the template, or a pool's name. In v1beta1 this is `warmPoolRef`.",
    status: "What the claim has got. Written by the controller.",
    "status.conditions": "Ready and Finished of the claim, with their reasons.",
    ...CONDITIONS,
    "status.sandbox": "The sandbox that the claim has got.",
    "status.sandbox.name": "Name of the Sandbox. One from a warm pool keeps the name that it had there.",
    "status.sandbox.podIPs": "Addresses of the sandbox's pod.",
  },
  SandboxTemplate: {
    "": "What the sandboxes of claims and warm pools are like, and what a claim may add.",
    ...META,
    spec: "What the sandboxes are made of.",
    "spec.envVarsInjectionPolicy":
      "Whether a claim may set environment variables: Disallowed, Allowed for new ones, or Overrides for any.",
    "spec.networkPolicy": "Rules instead of the default ones for the sandboxes' traffic.",
    "spec.networkPolicy.egress": "Where the sandboxes may connect to, as in a NetworkPolicy.",
    "spec.networkPolicy.ingress": "Who may connect to the sandboxes, as in a NetworkPolicy.",
    "spec.networkPolicyManagement":
      "Managed keeps a NetworkPolicy for the template's sandboxes; Unmanaged leaves that to others.",
    ...POD_TEMPLATE,
    "spec.service": "Whether the sandboxes have a headless Service each.",
    "spec.volumeClaimTemplates": "Storage that each sandbox gets.",
    ...CLAIM_TEMPLATES,
    "spec.volumeClaimTemplatesPolicy":
      "Whether a claim may ask for storage: Disallowed, Allowed for new volumes, or Overrides for any.",
  },
  SandboxWarmPool: {
    "": "A number of sandboxes that are started before anybody asks for them.",
    ...META,
    spec: "How many sandboxes of which template are kept ready.",
    "spec.replicas": "How many sandboxes are kept ready. One that a claim takes is replaced.",
    ...TEMPLATE_REF,
    "spec.updateStrategy": "What becomes of ready sandboxes when the template changes.",
    "spec.updateStrategy.type":
      "OnReplenish makes only new sandboxes from the changed template; Recreate replaces those that are ready at once.",
    status: "How far the pool is. Written by the controller.",
    "status.observedGeneration": "Generation of the pool that the status is about.",
    "status.readyReplicas": "How many sandboxes of the pool can be taken now.",
    "status.replicas": "How many sandboxes the pool has, ready or not.",
    "status.selector": "Label selector that finds the pool's sandboxes.",
  },
};
