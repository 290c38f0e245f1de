import { connect } from "node:net";

/** A pod on a network that is ours answers in far less, be it with a refusal. */
const PROBE_MS = 2_000;

/** Whether packets get to a pod and back. A port that refuses is an answer too. */
export function probePod(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(PROBE_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
  });
}
