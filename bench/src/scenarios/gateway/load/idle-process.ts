/** Opens WebSockets, some at a time, and leaves them alone for a while. */
import { begin, readTask, tell } from "./generator.ts";
import { connectBuffered, openWebSocket, type RawTarget } from "./open-websocket.ts";

export interface IdleTask {
  /** One socket each. */
  targets: readonly RawTarget[];
  /** How long they are left alone. */
  seconds: number;
}

const AT_ONCE = 100;

const { targets, seconds } = await readTask<IdleTask>();
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
let next = 0;
let lost = false;

await Promise.all(Array.from({ length: AT_ONCE }, openMore));
begin();
setTimeout(() => {
  if (!lost) tell({ count: targets.length, seconds });
}, seconds * 1000);

async function openMore(): Promise<void> {
  for (let target = targets[next++]; target !== undefined; target = targets[next++]) {
    const there = target;
    const socket = await openWebSocket(
      there,
      (onBytes) => connectBuffered(there, buffer, onBytes),
      () => {},
    );
    socket.once("close", () => {
      lost = true;
      process.stderr.write("a WebSocket did not stay open\n");
      process.exit(1);
    });
  }
}
