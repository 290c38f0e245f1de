import type { KubeObject } from "@sandgate/contract";
import { KubeError } from "../client/errors.ts";
import type { KubeClient, ListOptions, RawResponse, WatchOptions } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";
import { PODS, SANDBOX_CLAIMS, SANDBOXES } from "../client/resources.ts";
import { FakeServer } from "../reflector/fake-server.ts";
import { sleep } from "../reflector/sleep.ts";

type SandboxVersion = "v1alpha1" | "v1beta1";

/**
 * A cluster in memory that serves Sandboxes in versions that change. Answers in each version may lag behind those in the
 * other, as two watches of one API server do. For tests of what follows it.
 */
export class FakeSandboxCluster {
  readonly sandboxes = new FakeServer("default");
  readonly pods = new FakeServer("default");
  readonly lagMs: Record<SandboxVersion, number> = { v1alpha1: 0, v1beta1: 0 };
  extensions = true;
  /** Whether something else answers in the API server's place, and knows no path. */
  impostor = false;
  /** How many more questions for the served versions are answered as if there were none. */
  misleading = 0;
  #served = new Set<string>();
  readonly #broken = new Set<string>();

  constructor(...versions: SandboxVersion[]) {
    this.#served = new Set(versions);
  }

  /** From now on it serves these; every watch is cut, as when a definition changes. */
  serve(...versions: SandboxVersion[]): void {
    this.#served = new Set(versions);
    this.sandboxes.cut();
  }

  /** From now on what it serves in this version ends in a failure, as with a conversion webhook that does not answer. */
  breakVersion(version: SandboxVersion): { mend(): void } {
    this.#broken.add(version);
    return { mend: () => void this.#broken.delete(version) };
  }

  get client(): KubeClient {
    const sandboxes = this.sandboxes.client;
    const pods = this.pods.client;
    const lag = (resource: Resource, signal: AbortSignal | undefined): Promise<void> =>
      sleep(this.lagMs[resource.version as SandboxVersion], signal ?? new AbortController().signal);
    const list = async (resource: Resource, options: ListOptions = {}): Promise<unknown> => {
      if (resource.plural === PODS.plural) return pods.list(resource, options);
      this.#check(resource);
      const answer = await sandboxes.list(resource, options);
      await lag(resource, options.signal);
      return answer;
    };
    const watch = async function* (this: FakeSandboxCluster, resource: Resource, options: WatchOptions = {}) {
      if (resource.plural === PODS.plural) {
        yield* pods.watch(resource, options);
        return;
      }
      this.#check(resource);
      for await (const event of sandboxes.watch<KubeObject>(resource, options)) {
        await lag(resource, options.signal);
        yield event;
      }
    };
    return {
      ...sandboxes,
      list: list as KubeClient["list"],
      watch: watch.bind(this) as KubeClient["watch"],
      request: async (path) => this.#discovery(path),
    };
  }

  #check({ version, plural }: Resource): void {
    if (this.impostor || !this.#served.has(version))
      throw new KubeError(404, "NotFound", `the server could not find ${plural} in ${version}`);
    if (this.#broken.has(version)) throw new KubeError(500, "InternalError", "conversion webhook failed");
  }

  #discovery(path: string): RawResponse {
    if (this.impostor) return answer(404, "404 page not found");
    if (path === "/apis") {
      const groups = this.#served.size > 0 ? [{ name: SANDBOXES.group }] : [];
      return answer(200, JSON.stringify({ kind: "APIGroupList", groups }));
    }
    if (path === `/apis/${SANDBOXES.group}`) {
      if (this.misleading > 0) this.misleading--;
      else if (this.#served.size > 0)
        return answer(200, JSON.stringify({ versions: [...this.#served].map((version) => ({ version })) }));
    }
    if (path === `/apis/${SANDBOX_CLAIMS.group}` && this.extensions)
      return answer(200, JSON.stringify({ versions: [{ version: "v1beta1" }] }));
    return answer(404, "404 page not found");
  }
}

function answer(status: number, text: string): RawResponse {
  const body = {
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(text);
    },
  };
  return { status, headers: {}, body };
}
