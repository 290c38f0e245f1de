import { LABEL_TEMPLATE_REF_HASH } from "@sandgate/contract";
import { NETWORK_POLICIES, SANDBOX_TEMPLATES } from "@sandgate/kube";
import { expect } from "vitest";
import type { CaseFunction } from "../suite.ts";

/** Hash of the name `tpl`. */
const TPL_HASH = "9d22159f";
const POLICY = "tpl-network-policy";

export function templateCases(test: CaseFunction): void {
  test("has a network policy that lets in the router only, and out to the public internet only", async (scenario) => {
    const { isLatest } = scenario.dialect;
    const { metadata } = await scenario.createTemplate("tpl", {});
    const policy = await scenario.until(NETWORK_POLICIES, POLICY, "made", () => true);
    expect(policy.metadata.ownerReferences?.[0]).toMatchObject({
      kind: "SandboxTemplate",
      uid: metadata.uid,
    });
    expect(policy.spec).toEqual({
      podSelector: { matchLabels: { [LABEL_TEMPLATE_REF_HASH]: TPL_HASH } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [scenario.dialect.admitted],
        },
      ],
      egress: [
        {
          to: [
            {
              ipBlock: {
                cidr: "0.0.0.0/0",
                except: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
              },
            },
            { ipBlock: { cidr: "::/0", except: isLatest ? ["fc00::/7", "fe80::/10"] : ["fc00::/7"] } },
          ],
        },
      ],
    });
    if (!isLatest) return;
    const label = (await scenario.get(SANDBOX_TEMPLATES, "tpl"))?.metadata.labels?.[LABEL_TEMPLATE_REF_HASH];
    expect(label).toBe(TPL_HASH);
  });

  test("brings its own rules", async (scenario) => {
    const ingress = [{ ports: [{ port: 8888 }] }];
    await scenario.createTemplate("tpl", { networkPolicy: { ingress } });
    const policy = await scenario.until(NETWORK_POLICIES, POLICY, "made", () => true);
    expect(policy.spec?.["ingress"]).toEqual([{ ports: [{ port: 8888, protocol: "TCP" }] }]);
    expect(policy.spec).not.toHaveProperty("egress");
  });

  test("repairs its policy", async (scenario) => {
    await scenario.createTemplate("tpl", {});
    await scenario.until(NETWORK_POLICIES, POLICY, "made", () => true);
    await scenario.change(NETWORK_POLICIES, POLICY, { spec: { ingress: [{}] } });
    await scenario.until(NETWORK_POLICIES, POLICY, "repaired", (one) =>
      JSON.stringify(one.spec?.["ingress"]).includes("sandbox-router"),
    );
  });

  test("has no policy while it is unmanaged", async (scenario) => {
    await scenario.createTemplate("tpl", {});
    await scenario.until(NETWORK_POLICIES, POLICY, "made", () => true);
    await scenario.change(SANDBOX_TEMPLATES, "tpl", { spec: { networkPolicyManagement: "Unmanaged" } });
    await scenario.untilGone(NETWORK_POLICIES, POLICY);
  });
}
