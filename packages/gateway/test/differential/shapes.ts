/** Requests of many shapes. `HOST` stands for the Host line; texts are bytes, one character each (latin1). */
export interface Shape {
  readonly what: string;
  readonly bytes: string;
}

export const HOST = "Host: box--alice.localhost";

function head(line: string, ...fields: readonly string[]): string {
  return [line, HOST, ...fields, "", ""].join("\r\n");
}

function get(path: string, ...fields: readonly string[]): string {
  return head(`GET ${path} HTTP/1.1`, ...fields);
}

function post(method: string, fields: readonly string[], body: string): string {
  return head(`${method} /echo HTTP/1.1`, ...fields) + body;
}

/** Paths that every server has, and so shapes of answers. */
const ANSWERS: Readonly<Record<string, string>> = {
  "/plain": "a body of known length",
  "/empty": "an empty body",
  "/long": "a body of 450 KB",
  "/chunked": "chunks",
  "/trailers": "chunks with a trailer",
  "/no-content": "204",
  "/not-modified": "304",
  "/redirect": "a redirect",
  "/broken": "500",
  "/teapot": "a status that is rare",
  "/gzip": "a compressed body",
  "/events": "server-sent events",
  "/duplicates": "headers of one name more than once",
  "/names": "names of headers in whatever case",
  "/values": "values beyond ASCII, quotes, tabs",
  "/big-head": "a head of 40 KB",
  "/until-close": "a body that ends with the connection",
  "/close": "Connection: close",
  "/range": "a part of a body",
  "/early-hints": "103 before the answer",
  "/nowhere": "404",
};

/** Without a meaning for HEAD, or raw bytes that pay no heed to it. */
const NO_HEAD: ReadonlySet<string> = new Set(["/until-close"]);

const answers: readonly Shape[] = Object.entries(ANSWERS).flatMap(([path, what]) => [
  { what: `GET: ${what}`, bytes: get(path, "Range: bytes=5-9", "Accept-Encoding: gzip") },
  ...(NO_HEAD.has(path) ? [] : [{ what: `HEAD: ${what}`, bytes: head(`HEAD ${path} HTTP/1.1`) }]),
]);

const CHUNKS = "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n";

const requests: readonly Shape[] = [
  ...["GET", "DELETE", "OPTIONS", "PROPFIND", "QUERY"].map((method) => ({
    what: `${method} without a body`,
    bytes: head(`${method} /echo HTTP/1.1`),
  })),
  ...["POST", "PUT", "PATCH", "DELETE", "GET", "REPORT"].map((method) => ({
    what: `${method} with a body`,
    bytes: post(method, ["Content-Length: 5"], "hello"),
  })),
  ...["POST", "PUT"].map((method) => ({
    what: `${method} with chunks and a trailer`,
    bytes: post(method, ["Transfer-Encoding: chunked", "Trailer: X-Sum"], CHUNKS),
  })),
  { what: "an empty body", bytes: post("POST", ["Content-Length: 0"], "") },
  { what: "an empty body in chunks", bytes: post("POST", ["Transfer-Encoding: chunked"], "0\r\n\r\n") },
  { what: "a body of all bytes", bytes: post("POST", ["Content-Length: 256"], allBytes()) },
  {
    what: "a body of 100 KB",
    bytes: post("POST", ["Content-Length: 100000"], "0123456789".repeat(10_000)),
  },
  { what: "a query", bytes: get("/echo?a=1&b=%20&&c=d%2Fe+f;g") },
  { what: "dots, slashes and percent signs in a path", bytes: get("/echo?../..//a/./%2e%2E/%zz") },
  { what: "headers in whatever case", bytes: get("/echo", "x-lower: 1", "X-UPPER: 2", "X-mIxEd: 3") },
  { what: "headers of one name more than once", bytes: get("/echo", "X-A: 1", "X-B: 2", "X-A: 3", "x-a: 4") },
  { what: "a header without a value", bytes: get("/echo", "X-Empty:", "X-Blank:   ") },
  { what: "values with blanks around them", bytes: get("/echo", "X-A:  a  b  ", "X-B:\tc\t") },
  { what: "values beyond ASCII", bytes: get("/echo", "X-A: caf\xe9 \xff") },
  { what: "cookies, more than one header", bytes: get("/echo", "Cookie: a=1; b=2", "Cookie: c=3") },
  { what: "credentials", bytes: get("/echo", "Authorization: Basic YTpi") },
  {
    what: "a head of 12 KB",
    bytes: get("/echo", ...Array.from({ length: 12 }, (_, n) => `X-${n}: ${"v".repeat(1000)}`)),
  },
  {
    what: "a hundred headers",
    bytes: get("/echo", ...Array.from({ length: 100 }, (_, n) => `X-${n}: ${n}`)),
  },
  {
    what: "headers that are for one hop",
    bytes: get("/echo", "Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "TE: trailers"),
  },
  {
    what: "preconditions and cache",
    bytes: get("/echo", 'If-None-Match: "a", W/"b"', "Cache-Control: no-cache", "Pragma: no-cache"),
  },
  {
    what: "what a browser sends to a program",
    bytes: get(
      "/echo",
      "Accept: */*",
      "Accept-Language: de,en;q=0.7",
      "Sec-Fetch-Mode: cors",
      "Sec-Fetch-Dest: empty",
      "Sec-Fetch-Site: same-origin",
      "DNT: 1",
    ),
  },
  {
    what: "Expect: 100-continue, and the body at once",
    bytes: post("POST", ["Expect: 100-continue", "Content-Length: 5"], "hello"),
  },
];

export const SHAPES: readonly Shape[] = [...answers, ...requests];

function allBytes(): string {
  return Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
}
