import type { Pod } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { configSourceOf } from "./read-gateway-settings.ts";

const pod = (container: object, volumes: object[] = []): Pod =>
  ({ metadata: {}, spec: { containers: [{ name: "gateway", ...container }], volumes } }) as Pod;
const ENV = [{ name: "SANDGATE_CONFIG", value: "/etc/sandgate/config.yaml" }];
const MOUNTS = [{ name: "config", mountPath: "/etc/sandgate" }];

describe("configSourceOf", () => {
  it("finds the ConfigMap and the key that the configuration's path leads to", () => {
    const source = configSourceOf(
      pod({ args: ["gateway"], env: ENV, volumeMounts: MOUNTS }, [
        { name: "config", configMap: { name: "c" } },
      ]),
    );
    expect(source).toEqual({
      args: ["gateway"],
      env: { SANDGATE_CONFIG: "/etc/sandgate/config.yaml" },
      file: { configMap: "c", key: "config.yaml" },
    });
  });

  it.each<[string, Pod]>([
    ["names no file", pod({})],
    ["has its file from elsewhere", pod({ env: ENV }, [{ name: "config", configMap: { name: "c" } }])],
    [
      "has its file from a Secret",
      pod({ env: ENV, volumeMounts: MOUNTS }, [{ name: "config", secret: { secretName: "s" } }]),
    ],
    [
      "takes its path from somewhere else",
      pod({ env: [{ name: "SANDGATE_CONFIG", valueFrom: {} }], volumeMounts: MOUNTS }),
    ],
  ])("finds none where the pod %s", (_what, one) => {
    expect(configSourceOf(one).file).toBeNull();
  });
});
