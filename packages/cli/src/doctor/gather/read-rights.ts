import type { KubeObject, Stored } from "@sandgate/contract";
import type { Resource } from "@sandgate/kube";
import type { Right, Rights } from "../facts.ts";
import { neededRights, type NeededRight } from "../needed-rights.ts";
import type { Reading } from "./reading.ts";

interface AccessReview extends KubeObject {
  spec: { user?: string; groups?: string[]; resourceAttributes: Record<string, string | undefined> };
  status?: { allowed?: boolean };
}

const review = (kind: string): Resource<AccessReview> => ({
  group: "authorization.k8s.io",
  version: "v1",
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: false,
});
const SELF = review("SelfSubjectAccessReview");
const SOMEBODY = review("SubjectAccessReview");

/**
 * Asks the API server what of the needed rights somebody has: whoever asks, or a service account.
 *
 * @returns Null where that may not be asked.
 */
export async function readRights(
  reading: Reading,
  account: Rights["account"],
  { namespace, portForward }: { namespace: string | undefined; portForward: boolean },
): Promise<Rights | null> {
  const { client, signal } = reading;
  const resource = account === null ? SELF : SOMEBODY;
  const spec =
    account === null
      ? {}
      : {
          user: `system:serviceaccount:${account.namespace}:${account.name}`,
          groups: [
            "system:serviceaccounts",
            `system:serviceaccounts:${account.namespace}`,
            "system:authenticated",
          ],
        };
  const ask = async ({ group, resource: plural, verb }: NeededRight): Promise<Right> => {
    const [name, subresource] = plural.split("/");
    const answer: Stored<AccessReview> = await client.create(
      resource,
      {
        metadata: {},
        spec: { ...spec, resourceAttributes: { group, resource: name, subresource, verb, namespace } },
      },
      { signal },
    );
    return {
      group,
      resource: plural,
      verb,
      namespace: namespace ?? null,
      allowed: answer.status?.allowed === true,
    };
  };
  const rights = await reading.attempt(`${resource.plural}.${resource.group}`, "create", () =>
    Promise.all(neededRights(portForward).map(ask)),
  );
  if (rights === null) return null;
  return { who: account === null ? "you" : `${account.namespace}/${account.name}`, account, rights };
}
