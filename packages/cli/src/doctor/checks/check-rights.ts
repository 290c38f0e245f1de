import type { Check, Right, Unread } from "../facts.ts";
import { finding, type Finding } from "../finding.ts";

/** Whether the gateway may do what it has to, and the doctor what it wants to. */
export const checkRights: Check = ({ rights, unread }) => [
  ...rights.flatMap(({ who, account, rights: asked }) => {
    const missing = Map.groupBy(
      asked.filter(({ allowed }) => !allowed),
      kindOf,
    );
    return [...missing].map(([kind, ones]) => {
      const verbs = ones.map(({ verb }) => verb).join(",");
      const where = ones[0]?.namespace ?? null;
      return finding(
        "RIGHT_MISSING",
        who,
        `may not ${verbs.replaceAll(",", " and ")} ${kind}${where === null ? "" : ` in namespace ${where}`}`,
        {
          scope: where === null ? "" : `-n ${where} `,
          role: where === null ? "clusterrole" : "role",
          name: `${who === "you" ? "sandgate-doctor" : who}-${verbs}-${kind}`.replaceAll(/[^a-z0-9]+/g, "-"),
          verbs,
          resources: kind,
          subject: account === null ? "--user=USER" : `--serviceaccount=${account.namespace}:${account.name}`,
        },
      );
    });
  }),
  ...unread.map(unreadFinding),
];

/** A finding that something could not be looked at. */
export function unreadFinding({ what, verb, why }: Unread): Finding {
  return finding("UNREADABLE", "", `${what}: ${why}`, {
    verb,
    what: what.replace(/^discovery of /, "/apis/"),
  });
}

function kindOf({ group, resource }: Right): string {
  if (group === "") return resource;
  const [plural, subresource] = resource.split("/");
  return `${plural}.${group}${subresource === undefined ? "" : `/${subresource}`}`;
}
