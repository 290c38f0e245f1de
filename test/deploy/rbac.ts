import type { Manifest } from "./rendered.ts";

/** What the gateway may, and the router with it: reading, and no more. */
export const GATEWAY_RULES = [
  { apiGroups: ["agents.x-k8s.io"], resources: ["sandboxes"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
];

/** What somebody may who is given the operator's role. */
export const OPERATOR_RULES = [
  {
    apiGroups: ["agents.x-k8s.io"],
    resources: ["sandboxes"],
    verbs: ["get", "list", "watch", "create", "delete"],
  },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
  { apiGroups: [""], resources: ["pods/exec", "pods/portforward"], verbs: ["get", "create"] },
];

const READ = ["get", "list"];

/** What somebody may who is given the doctor's role: reading, and asking what others may. */
export const DOCTOR_RULES = [
  { apiGroups: ["agents.x-k8s.io"], resources: ["sandboxes"], verbs: READ },
  { apiGroups: ["extensions.agents.x-k8s.io"], resources: ["sandboxclaims"], verbs: READ },
  {
    apiGroups: [""],
    resources: ["configmaps", "pods", "services", "namespaces", "nodes", "events"],
    verbs: READ,
  },
  { apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: READ },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: READ },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
  { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
  { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] },
];

/** Rules one by one, as questions to a cluster name them. */
export function oneByOne(rules: typeof GATEWAY_RULES): { group: string; resource: string; verb: string }[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb }))),
    ),
  );
}

/** Rules by role, `Kind namespace/name`, and who has it. */
export function rights(manifests: readonly Manifest[]) {
  const of = (object: object, key: string): unknown => (object as Record<string, unknown>)[key];
  const roles = manifests.filter(({ kind }) => /^(?:Cluster)?Role$/.test(kind ?? ""));
  const bindings = manifests.filter(({ kind }) => kind?.endsWith("RoleBinding") === true);
  const nameOf = (kind: string, namespace: string | undefined, name: string): string =>
    `${kind} ${namespace ?? ""}/${name}`;
  return {
    rules: Object.fromEntries(
      roles.map((role) => [
        nameOf(role.kind ?? "", role.metadata.namespace, role.metadata.name ?? ""),
        of(role, "rules"),
      ]),
    ),
    subjects: bindings.flatMap((binding) => {
      const role = of(binding, "roleRef") as { kind: string; name: string };
      const subjects = of(binding, "subjects") as { kind: string; namespace: string; name: string }[];
      return subjects.map(
        ({ kind, namespace, name }) =>
          `${nameOf(kind, namespace, name)} → ${nameOf(role.kind, binding.metadata.namespace, role.name)}`,
      );
    }),
  };
}
