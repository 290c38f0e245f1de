import { wrk, type WrkOptions } from "../load/wrk.ts";
import { mostConnections } from "../placed.ts";
import { inTurn, spread } from "../sandboxes.ts";
import type { Work } from "./work.ts";

/** As many sandboxes have their turn: more than fit into the caches that are near, as in a gateway that serves many. */
const SANDBOXES = 1_000;
/** What a few people's agents have under way at once: their connections stay in the caches. */
const FEW_SANDBOXES = 16;

type Options = Omit<WrkOptions, "seconds">;

function requests(name: string, title: string, options: Options, sandboxes = SANDBOXES): Work {
  return {
    name,
    title,
    unit: "request",
    comparedBy: "rate",
    run: (candidate, { seconds }, meter) => {
      // The same for wrk however few there are.
      const those = spread(candidate.sandboxes, "answering", sandboxes);
      return wrk(candidate, inTurn(those, SANDBOXES), { ...options, seconds }, meter);
    },
  };
}

export const SMALL_GET = requests("get", "small GET, 64 connections", { connections: 64, path: "/small" });

export const SMALL_GET_FEW = requests(
  "getfew",
  `small GET, 64 connections, ${FEW_SANDBOXES} sandboxes`,
  { connections: 64, path: "/small" },
  FEW_SANDBOXES,
);

export const SMALL_POST = requests("post", "1 KiB POST, 64 connections", {
  connections: 64,
  path: "/small",
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: "p".repeat(1024),
});

export const MIDDLE_GET = requests("k64", "64 KiB answers, 64 connections", {
  connections: 64,
  path: "/middle",
});

export const CONNECTION_EACH = requests("close", "a connection for each request, 64 at once", {
  connections: 64,
  path: "/small",
  headers: { Connection: "close" },
});

export const CONNECTIONS_512 = requests("conns512", "small GET, 512 connections", {
  connections: 512,
  path: "/small",
});

const MANY_SECONDS = 5;

/** 10,000, or as many as a proxy can have with two descriptors for each and some for itself. */
export function connectionsMany(): Work {
  const connections = mostConnections(10_000);
  const title = `small GET, ${connections.toLocaleString("en")} connections`;
  const work = requests("conns10k", title, { connections, path: "/small" });
  // So many take a while to be there.
  return {
    ...work,
    run: (candidate, setup, meter) =>
      work.run(candidate, { ...setup, seconds: Math.max(MANY_SECONDS, setup.seconds) }, meter),
  };
}
