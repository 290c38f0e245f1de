import type { Duplex } from "node:stream";
import { SandboxSession } from "./sandbox-session.ts";
import { SandboxStream } from "./sandbox-stream.ts";

/** Says which port of which sandbox: by being the same object, or the same text. */
export type PlaceKey = object | string;

/** The sessions to one port of a sandbox. */
interface Place {
  readonly sessions: SandboxSession[];
  readonly open: () => Duplex | Promise<Duplex>;
  readonly idleMs: number;
  /** How many streams its sandbox allowed on the last one. */
  limit: number | undefined;
}

/** HTTP/2 sessions to sandboxes: one for each port, more where one is full. */
export class SandboxSessions {
  readonly #places = new Map<PlaceKey, Place>();

  /**
   * A connection for one request: a stream of a session that is there, or is made.
   *
   * @param key - Says which port of which sandbox.
   * @param open - Opens a connection to it.
   * @param idleMs - How long a session is kept without a request.
   * @param onReady - Called once it may be written to, unless `ready` says that it may at once.
   */
  take(
    key: PlaceKey,
    open: () => Duplex | Promise<Duplex>,
    idleMs: number,
    onReady: () => void,
  ): { stream: SandboxStream; ready: boolean } {
    let place = this.#places.get(key);
    if (place === undefined)
      this.#places.set(key, (place = { sessions: [], open, idleMs, limit: undefined }));
    const session = this.#sessionFor(key, place);
    const stream = new SandboxStream(session);
    session.join(stream, onReady);
    return { stream, ready: session.open };
  }

  /** Whether one that is open takes another stream. */
  hasRoom(key: PlaceKey): boolean {
    return this.#places.get(key)?.sessions.some((session) => session.open && session.hasRoom) === true;
  }

  /** Sessions without a request. It looks at every one. */
  get idle(): number {
    let count = 0;
    for (const { sessions } of this.#places.values())
      for (const session of sessions) if (session.idle) count++;
    return count;
  }

  /** Ends them all, each after the streams that it has. */
  close(): void {
    // Each leaves its place.
    for (const { sessions } of this.#places.values()) while (sessions.length > 0) sessions[0]?.retire();
  }

  #sessionFor(key: PlaceKey, place: Place): SandboxSession {
    const { sessions } = place;
    // The first that has room: the others become idle, and end.
    const there = sessions.find((session) => session.hasRoom);
    if (there !== undefined) return there;
    const made = new SandboxSession(place.open(), place.idleMs, place.limit, {
      overflow: (streams) => {
        place.limit = made.limit;
        for (const { stream, onReady } of streams) {
          const session = this.#sessionFor(key, place);
          stream.move(session);
          session.join(stream, onReady);
          if (session.open) onReady();
        }
      },
      retired: (session) => {
        place.limit = session.limit;
        const index = sessions.indexOf(session);
        if (index !== -1) sessions.splice(index, 1);
        if (sessions.length === 0 && this.#places.get(key) === place) this.#places.delete(key);
      },
    });
    sessions.push(made);
    return made;
  }
}
