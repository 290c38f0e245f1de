import type { KubeObject, Status } from "@sandgate/contract";
import { errorFromStatus } from "./errors.ts";
import type { WatchEvent } from "./kube-client.ts";
import { LineDecoder } from "./line-decoder.ts";

/** Events of a watch's body. @throws KubeError on an ERROR event; the server ends the stream after it. */
export async function* readWatch<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  const decoder = new LineDecoder();
  for await (const chunk of body) {
    for (const line of decoder.push(chunk)) {
      const event = JSON.parse(line) as WatchEvent<T> | { type: "ERROR"; object: Partial<Status> };
      if (event.type === "ERROR") throw errorFromStatus(event.object, 500);
      yield event;
    }
  }
}
