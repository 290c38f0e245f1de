import { aboutSandbox, SANDBOX_KIND, subjectOf } from "./about-sandbox.ts";
import { printAskedAddress, type AskedAddress } from "./asked-address.ts";
import type { Facts, SandboxFact } from "./facts.ts";
import { finding, type Finding } from "./finding.ts";

const KIND_OF_CLAIMS = "sandboxclaims.extensions.agents.x-k8s.io";

/**
 * Why no sandbox has the address.
 *
 * @param named - The sandboxes of that name, whose address is another.
 */
export function notFound(facts: Facts, asked: AskedAddress, named: readonly SandboxFact[]): Finding {
  const { elsewhere, settings } = facts;
  const [claim] = elsewhere.claims;
  const subject = printAskedAddress(asked);
  const pooled = named.find(({ route }) => route.unclaimed);
  if (pooled !== undefined) return aboutSandbox("POOL_MEMBER", pooled, "no claim has taken it");
  const [other] = named;
  if (other !== undefined) {
    const { namespace, name } = other.sandbox;
    return finding("OTHER_USER", subject, `there is ${subjectOf(other)}`, {
      namespace,
      name,
      resource: SANDBOX_KIND,
      label: settings.userLabel,
      user: asked.user,
    });
  }
  if (claim !== undefined && claim.sandbox !== null) {
    const { namespace, sandbox } = claim;
    return finding("CLAIM_NAMED", subject, `in namespace ${namespace}, and its sandbox is ${sandbox}`, {
      address: `${asked.user}/${sandbox}`,
    });
  }
  if (claim !== undefined) {
    const { namespace, name, why } = claim;
    return finding("CLAIM_NOT_READY", subject, why, { namespace, name, resource: KIND_OF_CLAIMS });
  }
  if (elsewhere.namespaces.length > 0) {
    const where = elsewhere.namespaces.slice(0, 3).join(", ");
    return finding("OUTSIDE_WATCHED_NAMESPACE", subject, `one of that name is in ${where}`, {
      resource: SANDBOX_KIND,
    });
  }
  return finding("SANDBOX_NOT_FOUND", subject, `no sandbox is named ${asked.name}`, {
    address: `${asked.user}/${asked.name}`,
  });
}
