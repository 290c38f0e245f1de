/** What can keep sandboxes from being reached, and what mends it. */
export interface FindingEntry {
  readonly title: string;
  /** What to do about it, in a sentence; the command below does it or shows what there is to do. */
  readonly remedy: string;
  /** One line for a shell; names in angle brackets are filled in, words in capitals by the reader. */
  readonly command: string;
}

/** Every finding of `sandgate doctor`. The one table: what it prints and the page on troubleshooting come from it. */
export const FINDINGS = {
  CLUSTER_UNREACHABLE: {
    title: "The API server does not answer",
    remedy: "Check the address in the kubeconfig, the network in between, and whether the cluster runs.",
    command: "kubectl cluster-info",
  },
  CREDENTIALS_REFUSED: {
    title: "The API server does not accept these credentials",
    remedy: "Log in again, or take another context or kubeconfig.",
    command: "kubectl auth whoami",
  },
  CRDS_MISSING: {
    title: "agent-sandbox is not installed",
    remedy: "Install it: the CustomResourceDefinitions and the controller.",
    command:
      "kubectl apply --server-side -f https://github.com/kubernetes-sigs/agent-sandbox/releases/download/v0.5.6/sandbox-with-extensions.yaml",
  },
  EXTENSIONS_MISSING: {
    title: "agent-sandbox's extensions are not installed",
    remedy: "Without them there are no templates, claims and warm pools. Install them with the rest of it.",
    command:
      "kubectl apply --server-side -f https://github.com/kubernetes-sigs/agent-sandbox/releases/download/v0.5.6/sandbox-with-extensions.yaml",
  },
  RELEASE_UNKNOWN: {
    title: "agent-sandbox is newer than this Sandgate",
    remedy: "The cluster serves Sandboxes in no version that this Sandgate reads. Upgrade Sandgate.",
    command: "npm install --global sandgate@latest",
  },
  VERSIONS_DIFFER: {
    title: "agent-sandbox and its extensions are of different releases",
    remedy: "They read and write each other's objects, so install both from one release.",
    command:
      "kubectl apply --server-side -f https://github.com/kubernetes-sigs/agent-sandbox/releases/download/v0.5.6/sandbox-with-extensions.yaml",
  },
  CONTROLLER_SILENT: {
    title: "Nobody works on the sandboxes",
    remedy: "They have no status, so agent-sandbox's controller does not run, or may not. See what it says.",
    command: "kubectl -n agent-sandbox-system get pods,events",
  },
  RIGHT_MISSING: {
    title: "A right that the gateway needs is missing",
    remedy: "Give it the role of Sandgate's manifests, or one with these verbs.",
    command:
      "kubectl <scope>create <role> <name> --verb=<verbs> --resource=<resources> && kubectl <scope>create <role>binding <name> --<role>=<name> <subject>",
  },
  UNREADABLE: {
    title: "Something could not be read, so it was not checked",
    remedy: "Run the doctor as somebody who may, or give the rights; reading is enough.",
    command:
      "kubectl create clusterrole <name> --verb=<verbs> --resource=<resources> && kubectl create clusterrolebinding <name> --clusterrole=<name> --user=USER",
  },
  CONVERSION_FAILS: {
    title: "Sandboxes cannot be converted between versions",
    remedy:
      "The cluster keeps some in an older version, and agent-sandbox's webhook, which converts them, does not answer. It is the controller's: see that it runs.",
    command: "kubectl -n agent-sandbox-system rollout restart deployment/agent-sandbox-controller",
  },
  SERVER_FAILS: {
    title: "The API server could not do what was asked",
    remedy: "That is no question of rights. See what it says of itself, and in its log.",
    command: "kubectl get --raw '/readyz?verbose'",
  },
  CLOCK_DIFFERS: {
    title: "This machine's clock differs from the API server's",
    remedy: "Tokens, certificates and shutdown times go by the clock. Synchronise it.",
    command: "timedatectl set-ntp true",
  },
  DNS_DOWN: {
    title: "The cluster's DNS does not answer",
    remedy:
      "Names of Services lead nowhere: --dial service, and sandboxes that call others by name. See why its pods are not ready.",
    command: "kubectl -n kube-system get pods,events",
  },
  NO_SANDBOXES: {
    title: "There are no sandboxes",
    remedy: "Make one.",
    command: "sandgate create alice/my-sandbox",
  },
  SANDBOX_SUSPENDED: {
    title: "The sandbox is suspended",
    remedy: "Resume it.",
    command: "kubectl -n <namespace> patch <resource> <name> --type merge -p '<patch>'",
  },
  SANDBOX_EXPIRED: {
    title: "The sandbox's shutdown time is past",
    remedy: "A later one, or none, revives it.",
    command: `kubectl -n <namespace> patch <resource> <name> --type merge -p '{"spec":{"shutdownTime":null}}'`,
  },
  SANDBOX_DELETING: {
    title: "The sandbox is being deleted",
    remedy: "A finalizer holds it if it stays for long.",
    command: "kubectl -n <namespace> get <resource> <name> -o jsonpath='{.metadata.finalizers}'",
  },
  SANDBOX_STARTING: {
    title: "The sandbox is not ready",
    remedy: "It may still be starting. See what its pod does.",
    command: "kubectl -n <namespace> describe pod <pod>",
  },
  POD_REFUSED: {
    title: "The cluster refuses the sandbox's pod",
    remedy: "An admission rule stands against it: change the rule or the sandbox.",
    command: "kubectl -n <namespace> describe <resource> <name>",
  },
  POD_ENDED: {
    title: "The sandbox's pod has ended",
    remedy: "It is not started again by itself. See what it said; deleting the pod makes a new one.",
    command: "kubectl -n <namespace> logs <pod> --tail=20; kubectl -n <namespace> delete pod <pod>",
  },
  POD_NOT_READY: {
    title: "The sandbox's program is not ready",
    remedy: "Its container runs, and its readiness probe fails.",
    command: "kubectl -n <namespace> logs <pod> --tail=20",
  },
  POD_WITHOUT_ADDRESS: {
    title: "The sandbox's pod has no address of its own",
    remedy: "The gateway never goes to an address of the node. Make the sandbox anew without hostNetwork.",
    command: "kubectl -n <namespace> get pod <pod> -o wide",
  },
  MULTIPLE_PODS: {
    title: "The sandbox has several pods",
    remedy: "Its controller waits until only one is left. Delete those that are too many.",
    command: "kubectl -n <namespace> get pods -l agents.x-k8s.io/sandbox-name-hash=<hash>",
  },
  IMAGE_MISSING: {
    title: "The image cannot be pulled",
    remedy:
      "Correct its name; the pod is made anew. A registry that asks who you are needs imagePullSecrets.",
    command: `kubectl -n <namespace> patch <resource> <name> --type json -p '[{"op":"replace","path":"/spec/podTemplate/spec/containers/<container>/image","value":"IMAGE"}]' && kubectl -n <namespace> delete pod <pod>`,
  },
  CONTAINER_CONFIG: {
    title: "The container cannot be made",
    remedy: "A Secret, ConfigMap or command that it names is missing.",
    command: "kubectl -n <namespace> describe pod <pod>",
  },
  CONTAINER_CRASHES: {
    title: "The container ends again and again",
    remedy: "See what it said before it ended.",
    command: "kubectl -n <namespace> logs <pod> --previous --tail=20",
  },
  UNSCHEDULABLE: {
    title: "No node takes the sandbox's pod",
    remedy: "Give it less to ask for, or add a node that has it.",
    command: "kubectl -n <namespace> describe pod <pod>",
  },
  QUOTA_EXCEEDED: {
    title: "A quota is used up",
    remedy: "Suspend or delete what is not needed, or raise the quota.",
    command: "kubectl -n <namespace> edit resourcequota <quota>",
  },
  RUNTIME_CLASS_MISSING: {
    title: "The RuntimeClass does not exist",
    remedy: "Create it, with the handler that the nodes' container runtime is set up for.",
    command: `echo '{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"<runtimeClass>"},"handler":"<runtimeClass>"}' | kubectl apply -f -`,
  },
  RUNTIME_CLASS_WITHOUT_NODE: {
    title: "No node has the RuntimeClass",
    remedy: "Add a node that has it, or mark one whose container runtime is set up for it.",
    command: "kubectl label node NODE <labels>",
  },
  USER_LABEL_MISSING: {
    title: "Sandboxes do not say whose they are",
    remedy:
      "Without the label they are the user default's, at /default/NAME. Name the user, default among them.",
    command: "kubectl -n <namespace> label <resource> <name> <label>=USER",
  },
  ADDRESS_CONFLICT: {
    title: "Two sandboxes claim one address",
    remedy: "The older has it. Give the younger another user, or make it anew under another name.",
    command: "kubectl -n <namespace> label --overwrite <resource> <name> <label>=USER",
  },
  NAMESPACE_MAY_NOT_CLAIM: {
    title: "The sandbox's namespace may not claim its user's addresses",
    remedy: "Make it in a namespace of that user, or start the gateway with another userNamespaces.",
    command: "kubectl -n <namespace> get <resource> <name> --show-labels",
  },
  OUTSIDE_WATCHED_NAMESPACE: {
    title: "The sandbox is in a namespace that the gateway does not watch",
    remedy: "Make it in the watched one, or start the gateway without watchNamespace.",
    command: "kubectl get <resource> --all-namespaces",
  },
  SANDBOX_NOT_FOUND: {
    title: "There is no such sandbox",
    remedy: "Make it, or see which there are: sandgate list.",
    command: "sandgate create <address>",
  },
  OTHER_USER: {
    title: "The sandbox is another user's",
    remedy: "Ask for it under that user, or give it this one.",
    command: "kubectl -n <namespace> label --overwrite <resource> <name> <label>=<user>",
  },
  CLAIM_NAMED: {
    title: "That is a claim, and its sandbox has another name",
    remedy: "A sandbox from a warm pool keeps its own name. Ask for that.",
    command: "sandgate doctor <address>",
  },
  CLAIM_NOT_READY: {
    title: "The claim has no sandbox yet",
    remedy: "The claim's conditions say what it waits for.",
    command: "kubectl -n <namespace> describe <resource> <name>",
  },
  POOL_MEMBER: {
    title: "The sandbox is a warm pool's, and nobody has claimed it",
    remedy: "Such a one has no address. Claim it.",
    command: "kubectl -n <namespace> get sandboxclaims",
  },
  PORT_AMBIGUOUS: {
    title: "It is not clear which port is meant",
    remedy: "Name it in the address, as in alice/my-sandbox:8000, or on the sandbox.",
    command: "kubectl -n <namespace> annotate <resource> <name> sandgate.dev/port=<port>",
  },
  PORT_CLOSED: {
    title: "Nothing listens on the sandbox's port",
    remedy: "See whether its program runs and on which port; 127.0.0.1 inside the pod is not enough.",
    command: "kubectl -n <namespace> logs <pod> --tail=20",
  },
  SERVICE_WITHOUT_PORTS: {
    title: "The sandbox's Service has no ports",
    remedy:
      "The gateway goes to the pod and needs none; service meshes, Gateways and kubectl port-forward do. From v0.5.4 on agent-sandbox gives it those that containers declare.",
    command:
      "kubectl apply --server-side -f https://github.com/kubernetes-sigs/agent-sandbox/releases/download/v0.5.6/sandbox-with-extensions.yaml",
  },
  SERVICE_PORTS_UNDECLARED: {
    title: "The sandbox's Service has no ports, because its containers declare none",
    remedy:
      "The gateway goes to the pod and needs none; service meshes, Gateways and kubectl port-forward do. Declare the ports that the sandbox serves on.",
    command: `kubectl -n <namespace> patch <resource> <name> --type json -p '[{"op":"add","path":"/spec/podTemplate/spec/containers/0/ports","value":[{"containerPort":<port>}]}]'`,
  },
  NETWORK_POLICY_REFUSES: {
    title: "A NetworkPolicy keeps the gateway out",
    remedy: "Let the gateway's pods in beside those that the policy names.",
    command: `echo '<policy>' | kubectl apply -f -`,
  },
  GATEWAY_EGRESS_REFUSED: {
    title: "A NetworkPolicy keeps the gateway in",
    remedy: "It selects the gateway's pods and does not let them out to sandboxes. Let them.",
    command: `echo '<policy>' | kubectl apply -f -`,
  },
  GATEWAY_NOT_READY: {
    title: "The gateway's pods are not ready",
    remedy: "See what they say.",
    command: "kubectl -n <namespace> logs <pod> --tail=20",
  },
  LOAD_BALANCER_PENDING: {
    title: "The gateway's load balancer has no address",
    remedy:
      "Nothing in the cluster gives Services of type LoadBalancer an address. Install something that does, or open a port on every node.",
    command: `kubectl -n <namespace> patch service <name> --type merge -p '{"spec":{"type":"NodePort"}}'`,
  },
} as const satisfies Record<string, FindingEntry>;

export type FindingId = keyof typeof FINDINGS;

export function isFindingId(text: string): text is FindingId {
  return Object.hasOwn(FINDINGS, text);
}
