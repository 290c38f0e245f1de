import { fileURLToPath } from "node:url";
import { freePorts } from "../free-ports.ts";
import { CORES, place, untilListening } from "../placed.ts";
import { POD_ADDRESSES, type BackendKind } from "../sandboxes.ts";
import { startAnsweringBackend } from "./answering-backend.ts";

const LOOKING = fileURLToPath(new URL("looking-process.ts", import.meta.url));

export interface Backends extends AsyncDisposable {
  /** The port at every pod address, by kind of sandbox. */
  readonly ports: Readonly<Record<BackendKind, number>>;
}

/** Starts both backends on the load's core. */
export async function startBackends(): Promise<Backends> {
  const [answering = 0, looking = 0] = await freePorts(2);
  await using stack = new AsyncDisposableStack();
  stack.use(await startAnsweringBackend(answering));
  const process_ = place(process.execPath, [LOOKING, String(looking)], { core: CORES.load });
  stack.defer(() => process_.close());
  await untilListening(process_, { host: POD_ADDRESSES.at(-1) ?? "", port: looking });
  const all = stack.move();
  return { ports: { answering, looking }, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
