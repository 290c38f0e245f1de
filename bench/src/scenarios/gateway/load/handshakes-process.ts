/**
 * A TLS connection for each request, several at once. With `resumes` each but the first ones takes up an earlier session; without, each is a
 * whole handshake, whose certificate is checked.
 */
import { connect, type ConnectionOptions } from "node:tls";
import { begin, readTask, tell } from "./generator.ts";

export interface HandshakesTask {
  host: string;
  port: number;
  /** What is trusted. */
  ca: string;
  resumes: boolean;
  /** Whole requests, sent in turn; each has to end its connection. */
  requests: readonly string[];
  connections: number;
  seconds: number;
}

/** For the first ones, which nobody counts. */
const WARM_MS = 200;

const { host, port, ca, resumes, requests, connections, seconds } = await readTask<HandshakesTask>();
const options: ConnectionOptions = {
  host,
  port,
  ca,
  minVersion: "TLSv1.3",
  // Known to every OpenSSL; newer ones would agree on another with newer ones, which takes longer.
  ecdhCurve: "X25519",
};
let [count, sent] = [0, 0];

for (let index = 0; index < connections; index++) next(undefined);
setTimeout(() => {
  const [began, before] = [begin(), count];
  setTimeout(
    () => tell({ count: count - before, seconds: (performance.now() - began) / 1000 }),
    seconds * 1000,
  );
}, WARM_MS);

function next(session: Buffer | undefined): void {
  let answer = "";
  // A server need not give another one for a session that was taken up.
  let ticket = session;
  const socket = connect({ ...options, ...(session === undefined ? {} : { session }) });
  socket.once("secureConnect", () => {
    if (socket.isSessionReused() !== (session !== undefined)) return fail("a session was not taken up");
    socket.write(requests[sent++ % requests.length] ?? "");
  });
  if (resumes) socket.on("session", (those) => (ticket = those));
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    answer += text;
  });
  socket.once("error", (error) => fail(error.message));
  socket.once("end", () => {
    if (!answer.startsWith("HTTP/1.1 200 ")) return fail(`an answer that is none: ${answer.slice(0, 300)}`);
    if (resumes && ticket === undefined) return fail("there came no ticket for a session");
    count++;
    next(ticket);
  });
}

function fail(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
