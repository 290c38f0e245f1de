import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Container } from "@sandgate/contract";
import { CONFIG_MAPS } from "@sandgate/kube";
import { isOver, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;
/** A folder of the host's that a pod has no business with, with one file. */
let secret: string;

beforeAll(async () => {
  secret = mkdtempSync(join(tmpdir(), "sandgate-secret-"));
  // Not its mode is to keep pods out.
  chmodSync(secret, 0o777);
  writeFileSync(join(secret, "of-the-host"), "");
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
  rmSync(secret, { recursive: true, force: true });
});

const volumes = [{ name: "data", emptyDir: {} }];
const volumeMounts = [{ name: "data", mountPath: "/data" }];
const plant = (script: string): Container[] => [
  { name: "plant", image: "sandgate.dev/runtime", command: ["sh", "-c", script], volumeMounts },
];

/** Swaps a folder and a link for each other, as fast as it can. */
const SWAP = `
import os, sys
os.makedirs("/data/part", exist_ok=True)
os.symlink(sys.argv[1], "/data/link")
print("swapping", flush=True)
def swap(a, b):
    try: os.rename(a, b)
    except OSError: pass
while True:
    swap("/data/part", "/data/away"); swap("/data/link", "/data/part")
    swap("/data/part", "/data/link"); swap("/data/away", "/data/part")`;

describe("a hostile pod", () => {
  test("cannot leave a volume by a link that a subPath passes", async () => {
    await node.create("links", {
      restartPolicy: "Never",
      volumes,
      initContainers: plant(
        `ln -s ${secret} /data/link; ln -s /etc/shadow /data/file; ln -s ../../.. /data/up`,
      ),
      containers: ["link", "file", "up"].map((subPath) => ({
        name: subPath,
        command: ["sleep", "1000"],
        volumeMounts: [{ name: "data", mountPath: "/stolen", subPath }],
      })),
    });
    const pod = await node.until(
      "links",
      (one) =>
        one.status?.containerStatuses?.length === 3 &&
        one.status.containerStatuses.every((each) => each.state?.waiting?.reason === "CreateContainerError"),
    );
    for (const status of pod.status?.containerStatuses ?? [])
      expect(status.state?.waiting?.message).toContain("symbolic link");
  });

  test("cannot leave a volume by a link that takes a folder's place while it is being mounted", async () => {
    const readers = Array.from({ length: 6 }, (_, index) => `reader-${index}`);
    await node.create("swaps", {
      restartPolicy: "Never",
      volumes,
      containers: [
        { name: "swapper", command: ["python3", "-c", SWAP, secret], volumeMounts },
        ...readers.map((name) => ({
          name,
          command: ["sh", "-c", "test -e /stolen/of-the-host && echo outside || echo inside"],
          volumeMounts: [{ name: "data", mountPath: "/stolen", subPath: "part" }],
          // They wait for it.
          envFrom: [{ configMapRef: { name: "begin" } }],
        })),
      ],
    });
    await node.until(
      "swaps",
      ({ status }) => status?.containerStatuses?.some((one) => one.state?.running !== undefined) === true,
    );
    await node.untilLog("swaps", "swapping", "swapper");
    await node.client.create(CONFIG_MAPS, { metadata: { name: "begin", namespace: NAMESPACE } });
    // Each is tried again until what it found was a folder.
    await node.until("swaps", ({ status }) =>
      readers.every((name) =>
        status?.containerStatuses?.some((one) => one.name === name && one.state?.terminated !== undefined),
      ),
    );
    for (const container of readers) expect(await node.logs("swaps", { container })).toBe("inside\n");
  });

  test("cannot have a folder made on the host by a link that its working folder or a mount's path passes", async () => {
    const links = {
      a: `/oldroot${secret}`,
      b: secret,
      c: `../../../../..${secret}`,
      d: `/newroot/..${secret}`,
    };
    await node.create("made", {
      restartPolicy: "Never",
      volumes: [...volumes, { name: "other", emptyDir: {} }],
      initContainers: plant(
        Object.entries(links)
          .map(([name, target]) => `ln -s ${target} /data/${name}`)
          .join("; "),
      ),
      containers: Object.keys(links).flatMap((link) => [
        { name: `work-${link}`, command: ["true"], workingDir: `/data/${link}/made`, volumeMounts },
        {
          name: `mount-${link}`,
          command: ["true"],
          volumeMounts: [...volumeMounts, { name: "other", mountPath: `/data/${link}/mounted` }],
        },
      ]),
    });
    await node.until("made", isOver);
    expect(readdirSync(secret)).toEqual(["of-the-host"]);
    expect(existsSync(join("/", basename(secret)))).toBe(false);
  });
});
