/**
 * The same requests to real servers, direct and through the gateway: what comes back is the same, byte by byte, but for what
 * `documented-differences.ts` lists; and so is what the server says that it got.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDoor, type OpenDoor } from "../hostile/doors.ts";
import { parseResponses } from "../hostile/reference/parse-responses.ts";
import {
  ADDED_TO_REQUESTS,
  CHANGES_WITH_TIME,
  CUT_FROM_REQUESTS,
  LAST_OF_ANSWERS,
  names,
  OF_ANSWERS,
} from "./documented-differences.ts";
import { SERVERS, type RealServer } from "./servers/open-server.ts";
import { SHAPES, type Shape } from "./shapes.ts";

const NOT_COMPARED = {
  request: names(ADDED_TO_REQUESTS, CUT_FROM_REQUESTS),
  answer: names(OF_ANSWERS, CHANGES_WITH_TIME),
} as const;

const LAST = names(LAST_OF_ANSWERS);

/** Sends the bytes and gives back what comes, up to the end of the answer or of the connection. */
async function ask(port: number, { bytes }: Shape): Promise<{ text: string; ended: boolean }> {
  const method = bytes.slice(0, bytes.indexOf(" "));
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  let text = "";
  let ended = false;
  const over = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (parseResponses(text, [method], false).messages.length === 1) resolve();
    });
    socket.on("end", () => {
      ended = true;
      resolve();
    });
  });
  socket.write(bytes, "latin1");
  await over;
  socket.destroy();
  return { text, ended };
}

interface Compared {
  /** Status line and lines of headers as they came, for each head. */
  heads: string[][];
  /** As it came, chunks and all; without them where the connection's end was its end. */
  body: string;
}

function comparable(shape: Shape, { text, ended }: { text: string; ended: boolean }): Compared {
  const method = shape.bytes.slice(0, shape.bytes.indexOf(" "));
  const { messages } = parseResponses(text, [method], ended);
  const [answer] = messages;
  if (answer === undefined || messages.length > 1) throw new Error(`not one answer: ${text.slice(0, 500)}`);
  const heads: string[][] = [];
  let at = 0;
  for (let head = 0; head <= answer.interim.length; head++) {
    const end = text.indexOf("\r\n\r\n", at);
    heads.push(linesOf(text.slice(at, end), NOT_COMPARED.answer, isEcho(shape)));
    at = end + 4;
  }
  const untilClose = shape.bytes.includes(" /until-close ");
  const body = untilClose ? answer.body : text.slice(at);
  return { heads, body: isEcho(shape) ? withoutDifferences(body) : body };
}

function isEcho({ bytes }: Shape): boolean {
  return bytes.includes(" /echo");
}

/** Without what is not compared; the version is each hop's own. What says what was seen differs in length with it. */
function linesOf(head: string, not: ReadonlySet<string>, echo: boolean): string[] {
  const [first = "", ...fields] = head.split("\r\n");
  const kept = fields.filter((line) => {
    const name = nameOf(line);
    return !not.has(name) && !(echo && name === "content-length");
  });
  const last = kept.filter((line) => LAST.has(nameOf(line)));
  const others = kept.filter((line) => !LAST.has(nameOf(line)));
  return [first.replace(/^HTTP\/1\.[01]/, "HTTP/1.x"), ...others, ...last];
}

/** Of what a server says that it got. */
function withoutDifferences(said: string): string {
  const end = said.indexOf("\n\n");
  const lines = said.slice(0, end).split("\n");
  return lines.filter((line) => !NOT_COMPARED.request.has(nameOf(line))).join("\n") + said.slice(end);
}

function nameOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(":"))).toLowerCase();
}

describe.each(Object.entries(SERVERS))("through the gateway, a server of %s", (_language, open) => {
  let server: RealServer;
  let door: OpenDoor;
  beforeAll(async () => {
    server = await open();
    door = await openDoor({ form: "host", secure: false }, server.port);
  });
  afterAll(async () => {
    await door.close();
    await server.close();
  });

  it.each(SHAPES.map((shape) => [shape.what, shape] as const))(
    "gives what it gives directly: %s",
    async (_what, shape) => {
      const direct = comparable(shape, await ask(server.port, shape));
      const through = comparable(shape, await ask(door.port, shape));
      expect(through).toEqual(direct);
    },
  );
});

it("is compared in more than 60 shapes", () => {
  expect(SHAPES.length).toBeGreaterThan(60);
  expect(new Set(SHAPES.map(({ what }) => what)).size).toBe(SHAPES.length);
});
