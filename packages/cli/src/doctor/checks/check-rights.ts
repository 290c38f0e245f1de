import type { Check, Right, Rights, Unread } from "../facts.ts";
import { finding, type Finding } from "../finding.ts";

const FORBIDDEN = 403;

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
          name: nameOf(`${who === "you" ? "sandgate-gateway" : who}-${verbs}-${kind}`),
          verbs,
          resources: kind,
          subject: account === null ? "--user=USER" : `--serviceaccount=${account.namespace}:${account.name}`,
        },
      );
    });
  }),
  ...unreadFinding(unread.filter((one) => !isMissing(rights, one))),
];

/** What could not be looked at: one finding for all that is not allowed, whose command gives the rights together. */
export function unreadFinding(unread: readonly Unread[]): Finding[] {
  const [forbidden = [], failed = []] = [true, false].map((is) =>
    unread.filter(({ code }) => (code === FORBIDDEN) === is),
  );
  const [first] = forbidden;
  if (first === undefined) return failed.map(failure);
  const told = forbidden.map(({ verb, what }) => `${verb} ${what}`).join(", ");
  // A URL is no resource.
  const resources = forbidden.map(({ what }) => what).filter((what) => !what.startsWith("/"));
  return [
    finding("UNREADABLE", "", `${told}: ${first.why}`, {
      // What is missing after that is another role.
      name: nameOf(`sandgate-doctor-${resources[0] ?? "discovery"}`),
      verbs: [...new Set(forbidden.map(({ verb }) => verb))].join(","),
      resources: [...new Set(resources)].join(","),
    }),
    ...failed.map(failure),
  ];
}

function failure({ verb, what, why }: Unread): Finding {
  const id = /conversion webhook/i.test(why) ? "CONVERSION_FAILS" : "SERVER_FAILS";
  return finding(id, "", `${verb} ${what}: ${why}`, {});
}

/** Whether it is told as a missing right already. */
function isMissing(rights: readonly Rights[], { what, verb }: Unread): boolean {
  return rights.some(
    ({ account, rights: asked }) =>
      account === null && asked.some((one) => !one.allowed && kindOf(one) === what && one.verb === verb),
  );
}

/** The name of an object, of any text. */
function nameOf(text: string): string {
  return text.replaceAll(/[^a-z0-9]+/g, "-");
}

function kindOf({ group, resource }: Right): string {
  if (group === "") return resource;
  const [plural, subresource] = resource.split("/");
  return `${plural}.${group}${subresource === undefined ? "" : `/${subresource}`}`;
}
