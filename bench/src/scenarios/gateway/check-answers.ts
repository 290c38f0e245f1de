import { connect as connectTls } from "node:tls";
import { HTTP_1, HTTP_2, type Answer, type Protocol } from "./ask.ts";
import { MIDDLE_BYTES, SMALL_BODY } from "./backend/answering-backend.ts";
import { headerOf, type SeenHead } from "./backend/request-head.ts";
import { clientFrame } from "./backend/websocket-frames.ts";
import { schemeOf, type Candidate } from "./candidates/candidate.ts";
import { connectBuffered, openWebSocket } from "./load/open-websocket.ts";
import { spread, type BenchSandbox } from "./sandboxes.ts";

/**
 * Whether a candidate does what is measured: right answers, from the right sandbox, which sees what it should.
 *
 * @throws Error that names the candidate and what was wrong.
 */
export async function checkAnswers(candidate: Candidate): Promise<void> {
  await checkProtocol(HTTP_1, candidate);
  if (candidate.http2Port !== null) await checkProtocol(HTTP_2, candidate);
  for (const sandbox of spread(candidate.sandboxes, "looking", 3)) await checkEcho(candidate, sandbox);
}

async function checkProtocol(protocol: Protocol, candidate: Candidate): Promise<void> {
  const { sandboxes } = candidate;
  const wrong = (what: string): Error =>
    new Error(`${candidate.title} is wrong by ${protocol.title} about ${what}`);
  for (const sandbox of spread(sandboxes, "answering", 3)) {
    const small = await ask(protocol, candidate, sandbox, "GET", "/small");
    if (small.status !== 200 || small.body !== SMALL_BODY) throw wrong(`/small: ${describe(small)}`);
    const middle = await ask(protocol, candidate, sandbox, "GET", "/middle");
    if (middle.status !== 200 || middle.body.length !== MIDDLE_BYTES)
      throw wrong(`/middle: ${middle.status}, ${middle.body.length} bytes`);
  }
  for (const sandbox of spread(sandboxes, "looking", 3)) {
    const looked = await ask(protocol, candidate, sandbox, "POST", "/look/at?this=1", "b".repeat(1024));
    checkSeen(protocol, candidate, sandbox, looked);
    const sunk = await ask(protocol, candidate, sandbox, "POST", "/sink", "u".repeat(2 ** 20));
    if (sunk.body !== JSON.stringify({ received: 2 ** 20 })) throw wrong(`an upload: ${describe(sunk)}`);
  }
  const nobody = await protocol.ask(candidate, "GET", "/nobody/nothing/small", {}, "");
  if (nobody.status < 400) throw wrong(`a sandbox that is not there: ${describe(nobody)}`);
}

function checkSeen(protocol: Protocol, candidate: Candidate, sandbox: BenchSandbox, answer: Answer): void {
  const problems: string[] = [];
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (is !== should) problems.push(`${what} is ${String(is)}, not ${String(should)}`);
  };
  expect("status", answer.status, 200);
  const seen = JSON.parse(answer.body) as SeenHead & { body: string };
  expect("method", seen.method, "POST");
  expect("target", seen.target, "/look/at?this=1");
  expect("body", seen.body, "b".repeat(1024));
  expect("X-Kept", headerOf(seen, "x-kept"), "yes");
  const forwarded = {
    for: "127.0.0.1",
    host: `${candidate.host}:${protocol.portOf(candidate)}`,
    proto: schemeOf(candidate.certificate),
    prefix: `/${sandbox.user}/${sandbox.name}`,
  };
  for (const name of candidate.rewriting.forwarded)
    expect(`X-Forwarded-${name}`, headerOf(seen, `x-forwarded-${name}`), forwarded[name]);
  for (const name of candidate.rewriting.cut) expect(name, headerOf(seen, name), undefined);
  if (problems.length > 0)
    throw new Error(
      `What a sandbox sees through ${candidate.title} by ${protocol.title}: ${problems.join("; ")}`,
    );
}

async function checkEcho(candidate: Candidate, sandbox: BenchSandbox): Promise<void> {
  const { prefix, headers } = candidate.naming(sandbox);
  const { host, port, certificate } = candidate;
  const target = { host, port, path: `${prefix}/echo`, headers };
  const payload = Buffer.from("a frame with a payload");
  const echoed = Promise.withResolvers<string>();
  let text = "";
  const socket = await openWebSocket(
    target,
    (onBytes) =>
      certificate === null
        ? connectBuffered(target, Buffer.alloc(4096), onBytes)
        : connectTls({ host, port, ca: certificate.pem }).on("data", onBytes),
    (bytes) => {
      text += bytes.toString("latin1");
      if (text.length >= payload.length + 2) echoed.resolve(text.slice(2));
    },
  );
  socket.once("close", () => echoed.resolve(text));
  socket.write(clientFrame(payload));
  const answer = await echoed.promise;
  socket.destroy();
  if (answer !== payload.toString())
    throw new Error(`${candidate.title} echoes a WebSocket's frame as ${answer}`);
}

function ask(
  protocol: Protocol,
  candidate: Candidate,
  sandbox: BenchSandbox,
  method: string,
  path: string,
  body = "",
): Promise<Answer> {
  const { prefix, headers } = candidate.naming(sandbox);
  // A client may claim to be somebody else; and what is not about the way has to arrive.
  const sent = { ...headers, "X-Forwarded-For": "203.0.113.1", "X-Kept": "yes" };
  return protocol.ask(candidate, method, prefix + path, sent, body);
}

function describe({ status, body }: Answer): string {
  return `${status}, ${JSON.stringify(body.slice(0, 200))}`;
}
