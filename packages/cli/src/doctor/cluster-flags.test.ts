import { describe, expect, it } from "vitest";
import { withClusterFlags } from "./cluster-flags.ts";

const NONE = { kubeconfig: null, context: null, dataDir: null };

describe("withClusterFlags", () => {
  it("names the kubeconfig and the context to every kubectl of the line", () => {
    const flags = { ...NONE, kubeconfig: "/k", context: "c" };
    expect(withClusterFlags("kubectl get pods && kubectl delete pod x; kubectl get ns", flags)).toBe(
      "kubectl --kubeconfig /k --context c get pods && kubectl --kubeconfig /k --context c delete pod x; kubectl --kubeconfig /k --context c get ns",
    );
  });

  it("finds kubectl behind a pipe, and leaves the word alone elsewhere", () => {
    expect(withClusterFlags("echo 'kubectl x' | kubectl apply -f -", { ...NONE, kubeconfig: "/k" })).toBe(
      "echo 'kubectl x' | kubectl --kubeconfig /k apply -f -",
    );
  });

  it("names the data folder to sandgate and its kubeconfig to kubectl", () => {
    const flags = { ...NONE, kubeconfig: "/d/kubeconfig", dataDir: "/d" };
    expect(withClusterFlags("sandgate create a/b", flags)).toBe("sandgate create --data-dir /d a/b");
    expect(withClusterFlags("kubectl get ns", flags)).toBe("kubectl --kubeconfig /d/kubeconfig get ns");
  });

  it("changes nothing where the cluster is found without flags", () => {
    expect(withClusterFlags("kubectl get ns", NONE)).toBe("kubectl get ns");
  });

  it("quotes what a shell would take apart", () => {
    expect(withClusterFlags("kubectl get ns", { ...NONE, kubeconfig: "/my folder/it's" })).toBe(
      `kubectl --kubeconfig '/my folder/it'\\''s' get ns`,
    );
  });
});
