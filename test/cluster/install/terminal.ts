/** A person's shell on a cluster: the repository's folder, the commands that the documentation asks for, a kubeconfig. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findHelm } from "../../../scripts/helm.ts";
import { containerdSocket } from "../cluster/programs/node.ts";
import type { Cluster } from "../cluster/start-cluster.ts";
import { makeImages } from "./images.ts";

const root = join(import.meta.dirname, "..", "..", "..");

export interface Terminal {
  /**
   * Runs a script: on the node, whose port 8080 is nobody's, or on the tests' machine, which reaches the cluster's balancers.
   *
   * @returns What it printed.
   * @throws Error with its output if it fails.
   */
  run(script: string, where: "on the node" | "outside"): Promise<string>;
}

/** @returns A shell in which `npm run image` and `npm run image -- runtime` have been run. */
export async function openTerminal(cluster: Cluster): Promise<Terminal> {
  const folder = join(cluster.facts.folder, "terminal");
  const [clone, bin] = [join(folder, "clone"), join(folder, "bin")];
  for (const path of [clone, bin, join(clone, "dist")]) mkdirSync(path, { recursive: true });
  for (const name of ["deploy", "examples"]) symlinkSync(join(root, name), join(clone, name));
  const images = await makeImages(folder);
  symlinkSync(images.gateway, join(clone, "dist", "sandgate-gateway.tar"));
  symlinkSync(images.runtime, join(clone, "dist", "sandgate-runtime.tar"));
  symlinkSync(
    findHelm((line) => void process.stderr.write(`${line}\n`)),
    join(bin, "helm"),
  );
  const command = (name: string, line: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
  command("sandgate", `${process.execPath} ${join(root, "packages", "cli", "bin", "sandgate.js")}`);
  const kubectl = process.env["SANDGATE_TEST_KUBECTL"];
  if (kubectl !== undefined) command("kubectl", kubectl);
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    KUBECONFIG: cluster.kubeconfig,
    KUBECACHEDIR: join(folder, "kubectl-cache"),
    CONTAINERD_ADDRESS: containerdSocket(cluster.facts.folder),
  };
  let scripts = 0;

  return {
    async run(script, where) {
      scripts += 1;
      const file = join(folder, `${scripts}.sh`);
      writeFileSync(file, `cd '${clone}'\n${script}`);
      const log = join(folder, `${scripts}.log`);
      const output = openSync(log, "w");
      const stdio: ["ignore", number, number] = ["ignore", output, output];
      const shell =
        where === "outside"
          ? spawn("bash", [file], { stdio, env })
          : cluster.namespace.spawn("bash", [file], { stdio, env });
      closeSync(output);
      const [code] = (await once(shell, "exit")) as [number | null];
      const text = readFileSync(log, "utf8");
      if (code !== 0) throw new Error(`exit code ${code}:\n${script}\n${text}`);
      return text;
    },
  };
}
