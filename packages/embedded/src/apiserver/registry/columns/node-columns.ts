import type { Node } from "@sandgate/contract";
import type { PrinterColumn } from "../resource-definition.ts";
import { AGE, NAME, column } from "./basic-columns.ts";

const ROLE_PREFIX = "node-role.kubernetes.io/";

export const NODE_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Node>("Status", (node) => {
    const ready = node.status?.conditions?.find((condition) => condition["type"] === "Ready");
    const status = ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
    return node.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status;
  }),
  column<Node>("Roles", (node) => {
    const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
      if (key === "kubernetes.io/role") return [value];
      return key.startsWith(ROLE_PREFIX) ? [key.slice(ROLE_PREFIX.length)] : [];
    });
    const named = [...new Set(roles.filter((role) => role !== ""))];
    return named.length === 0 ? "<none>" : named.toSorted().join(",");
  }),
  AGE,
  column<Node>("Version", (node) => node.status?.nodeInfo?.["kubeletVersion"] ?? ""),
  column<Node>("Internal-IP", (node) => addressOf(node, "InternalIP"), 1),
  column<Node>("External-IP", (node) => addressOf(node, "ExternalIP"), 1),
  column<Node>("OS-Image", (node) => node.status?.nodeInfo?.["osImage"] || "<unknown>", 1),
  column<Node>(
    "Kernel-Version",
    (node) => {
      const architecture = node.status?.nodeInfo?.["architecture"] ?? "";
      const kernel = node.status?.nodeInfo?.["kernelVersion"] || "<unknown>";
      return architecture === "" ? kernel : `${kernel} (${architecture})`;
    },
    1,
  ),
  column<Node>(
    "Container-Runtime",
    (node) => node.status?.nodeInfo?.["containerRuntimeVersion"] || "<unknown>",
    1,
  ),
];

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}
