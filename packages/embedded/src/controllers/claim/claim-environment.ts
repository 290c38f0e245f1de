import type { Container, PodSpec, SandboxClaim, SandboxTemplate } from "@sandgate/contract";
import { ClaimFailure, reconcilerError } from "./claim-failure.ts";

type ClaimVariables = NonNullable<SandboxClaim["spec"]["env"]>;

/**
 * The pod with the claim's variables: each in the container that it names, or in the first one.
 *
 * @throws ClaimFailure EnvVarsInjectionRejected where the template allows none, ReconcilerError where one of them does not fit.
 */
export function withEnvironment(
  spec: PodSpec,
  variables: ClaimVariables,
  template: SandboxTemplate,
): PodSpec {
  if (variables.length === 0) return spec;
  const policy = template.spec.envVarsInjectionPolicy ?? "Disallowed";
  if (policy === "Disallowed")
    throw rejected("environment variable injection is not allowed by the template policy");
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  for (const { name, containerName = "" } of variables) {
    if (containerName === "" || all.some((container) => container.name === containerName)) continue;
    throw reconcilerError(
      `target container ${JSON.stringify(containerName)} not found in template for environment variable ${JSON.stringify(name)}`,
    );
  }
  const inject = (container: Container, isFirst: boolean): Container => {
    const named = variables.filter((one) => one.containerName === container.name);
    const unnamed = isFirst ? variables.filter((one) => (one.containerName ?? "") === "") : [];
    return injectInto(container, [...named, ...unnamed], policy);
  };
  return {
    ...spec,
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map((container) => inject(container, false)) }),
    containers: spec.containers.map((container, index) => inject(container, index === 0)),
  };
}

function injectInto(
  container: Container,
  variables: ClaimVariables,
  policy: "Allowed" | "Overrides",
): Container {
  if (variables.length === 0) return container;
  if (policy === "Allowed" && (container.envFrom ?? []).length > 0) {
    throw rejected(
      `container ${JSON.stringify(container.name)} uses EnvFrom sources; Allowed policy cannot safely prevent ` +
        "overriding EnvFrom-provided variables",
    );
  }
  const env = [...(container.env ?? [])];
  for (const { name, value } of variables) {
    const index = env.findIndex((one) => one.name === name);
    if (index === -1) env.push({ name, value });
    else if (policy === "Overrides") env[index] = { name, value };
    else {
      throw reconcilerError(
        `environment variable override is not allowed by the template policy for variable ${JSON.stringify(name)}`,
      );
    }
  }
  return { ...container, env };
}

function rejected(message: string): ClaimFailure {
  return new ClaimFailure("EnvVarsInjectionRejected", `environment variable injection rejected: ${message}`);
}
