import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { execute, executeStream } from "./execute.ts";
import { download, exists, list } from "./files.ts";
import { HttpFailure } from "./http-failure.ts";
import type { Settings } from "./settings.ts";
import { upload } from "./upload.ts";

type Handler = (call: {
  settings: Settings;
  request: IncomingMessage;
  response: ServerResponse;
  /** What follows the route's name, percent-decoded. */
  path: string;
}) => Promise<void>;

interface Route {
  methods: readonly string[];
  /** `path` routes take the rest of the URL. */
  path: boolean;
  handle: Handler;
}

const ROUTES: Readonly<Record<string, Route>> = {
  "": {
    methods: ["GET", "HEAD"],
    path: false,
    handle: async ({ response }) =>
      sendJson(response, 200, { status: "ok", message: "Sandbox runtime is active." }),
  },
  execute: {
    methods: ["POST"],
    path: false,
    handle: ({ settings, request, response }) => execute(settings, request, response),
  },
  "execute/stream": {
    methods: ["POST"],
    path: false,
    handle: ({ settings, request, response }) => executeStream(settings, request, response),
  },
  upload: {
    methods: ["POST"],
    path: false,
    handle: async ({ settings, request, response }) => {
      const path = await upload(settings, request);
      sendJson(response, 200, { message: `File '${path}' uploaded successfully.` });
    },
  },
  download: {
    methods: ["GET", "HEAD"],
    path: true,
    handle: ({ settings, request, response, path }) => download(settings, path, request, response),
  },
  list: {
    methods: ["GET"],
    path: true,
    handle: async ({ settings, response, path }) => sendJson(response, 200, await list(settings, path)),
  },
  exists: {
    methods: ["GET"],
    path: true,
    handle: async ({ settings, response, path }) => sendJson(response, 200, await exists(settings, path)),
  },
};

/** The runtime's HTTP server, not yet listening. */
export function createRuntimeServer(settings: Settings): Server {
  const server = createServer((request, response) => {
    answer(settings, request, response).catch((error: unknown) => fail(response, error));
  });
  // A command may say nothing for as long as its own timeout allows.
  server.requestTimeout = 0;
  server.timeout = 0;
  return server;
}

async function answer(settings: Settings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [rawPath = "/"] = (request.url ?? "/").split("?", 1);
  const [, name = "", rest] = /^\/([^/]*)(?:\/(.*))?$/s.exec(rawPath) ?? [];
  const whole = ROUTES[rawPath.slice(1)];
  const route = whole ?? ROUTES[name];
  if (route === undefined || (route !== whole && !route.path)) {
    throw new HttpFailure(
      404,
      `No such path: ${rawPath}. There are: ${Object.keys(ROUTES)
        .map((one) => `/${one}`)
        .join(", ")}`,
    );
  }
  const method = request.method ?? "GET";
  if (!route.methods.includes(method)) {
    throw new HttpFailure(405, `${method} is not possible here.`, { allow: route.methods.join(", ") });
  }
  await route.handle({ settings, request, response, path: decode(rest ?? "") || "." });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpFailure(400, "The path is not percent-encoded UTF-8.");
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify(value);
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...headers,
    })
    .end(body);
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = error instanceof HttpFailure;
  const message = error instanceof Error ? error.message : String(error);
  if (!known) process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
  // The rest of a body that nobody reads would be taken for the next request.
  sendJson(
    response,
    known ? error.status : 500,
    { message },
    { connection: "close", ...(known ? error.headers : {}) },
  );
}
