import { aboutAddress, aboutSandbox, SANDBOX_KIND, subjectOf } from "./about-sandbox.ts";
import type { AskedAddress } from "./asked-address.ts";
import { causeOf } from "./cause-of.ts";
import { checkApi } from "./checks/check-api.ts";
import { checkGateway } from "./checks/check-gateway.ts";
import { checkNetworkPolicies } from "./checks/check-network-policies.ts";
import { checkRights } from "./checks/check-rights.ts";
import { runtimeClassFinding } from "./checks/check-runtime-classes.ts";
import { obstacleFinding } from "./examine.ts";
import type { Facts, SandboxFact } from "./facts.ts";
import { finding, type Finding } from "./finding.ts";
import { meantPort } from "./meant-port.ts";
import { notFound } from "./not-found.ts";

/** The first thing that keeps one address from being reached; null where nothing that can be seen does. */
export function examineAddress(facts: Facts, asked: AskedAddress): Finding | null {
  if (facts.obstacle !== null) return obstacleFinding(facts.obstacle);
  const missing = checkApi(facts).find(({ id }) => id === "CRDS_MISSING" || id === "RELEASE_UNKNOWN");
  if (missing !== undefined) return missing;
  const [right] = checkRights(facts);
  if (facts.sandboxes === null) return right ?? null;
  const named = facts.sandboxes.filter(({ route }) => route.name === asked.name);
  const claiming = named.filter(({ route }) => route.user === asked.user && !route.unclaimed);
  const fact = claiming.find(({ route }) => route.state !== "Conflict") ?? claiming[0];
  if (fact === undefined) return notFound(facts, asked, named);
  return (
    conflict(facts, claiming) ??
    runtimeClassFinding(fact, facts) ??
    causeOf(fact) ??
    port(facts, asked, fact) ??
    checkNetworkPolicies({ ...facts, sandboxes: [fact] })[0] ??
    // What the gateway may not read it does not route to.
    checkRights({ ...facts, unread: [] })[0] ??
    gateway(facts) ??
    right ??
    null
  );
}

/** The sandbox that an address leads to, with the port that it means. */
export function targetOf(facts: Facts, asked: AskedAddress): { fact: SandboxFact; port: number } | null {
  const fact = facts.sandboxes?.find(
    ({ route }) => route.user === asked.user && route.name === asked.name && route.state === "Ready",
  );
  if (fact === undefined) return null;
  const meant = asked.port ?? meantPort(fact, facts.settings);
  return meant === null ? null : { fact, port: meant };
}

/** A finding that nothing listens on the port. */
export function closedPort({ fact, port: closed }: NonNullable<ReturnType<typeof targetOf>>): Finding {
  return aboutSandbox("PORT_CLOSED", fact, `port ${closed} refuses connections`);
}

function conflict({ settings }: Facts, claiming: readonly SandboxFact[]): Finding | null {
  const refused = claiming.find(({ route }) => route.state === "Conflict");
  if (refused === undefined) return null;
  const id = refused.route.owner === null ? "NAMESPACE_MAY_NOT_CLAIM" : "ADDRESS_CONFLICT";
  return aboutAddress(id, refused, settings.userLabel, refused.route.message);
}

function port({ settings }: Facts, asked: AskedAddress, fact: SandboxFact): Finding | null {
  if (asked.port !== undefined || meantPort(fact, settings) !== null) return null;
  const { namespace, name, declaredPorts } = fact.route;
  return finding("PORT_AMBIGUOUS", subjectOf(fact), `it declares the ports ${declaredPorts.join(", ")}`, {
    namespace,
    name,
    resource: SANDBOX_KIND,
    port: String(declaredPorts[0]),
  });
}

/** In front of one sandbox a gateway stands as long as one of its pods does. */
function gateway(facts: Facts): Finding | null {
  const some = facts.gatewayPods?.some(({ ready }) => ready) === true;
  return checkGateway(facts).find(({ id }) => !some || id !== "GATEWAY_NOT_READY") ?? null;
}
