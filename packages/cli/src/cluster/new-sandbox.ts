import { DEFAULT_SANDBOX_PORT, LABEL_USER, RUNTIME_IMAGE, type Sandbox } from "@sandgate/contract";

export interface NewSandbox {
  user: string;
  name: string;
  namespace: string;
  image?: string | undefined;
  /** TCP port that the sandbox serves on. */
  port?: number | undefined;
  userLabel?: string | undefined;
}

/** A Sandbox with one container, in members that every version has alike; whoever writes it names the version. */
export function newSandbox(options: NewSandbox): Sandbox {
  const { user, name, namespace } = options;
  const port = options.port ?? DEFAULT_SANDBOX_PORT;
  // The built-in runtime answers GET /; what another image answers is its own affair.
  const probe = { httpGet: { path: "/", port }, periodSeconds: 1 };
  return {
    metadata: {
      name,
      namespace,
      labels: { [options.userLabel ?? LABEL_USER]: user },
    },
    spec: {
      podTemplate: {
        spec: {
          containers: [
            {
              name: "sandbox",
              image: options.image ?? `${RUNTIME_IMAGE}:latest`,
              ports: [{ name: "http", containerPort: port }],
              ...(options.image === undefined ? { readinessProbe: probe } : {}),
            },
          ],
        },
      },
    },
  };
}
