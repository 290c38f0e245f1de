/** Connection-specific fields (RFC 9113, section 8.2.2), which no HTTP/2 message has; and what a tunnel's head gets from us. */
const NOT_IN_HTTP2: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const CUTS_LINES = /[\r\n\0]/;
const HAS_SPACE = /[\s\0]/;

/** An HTTP/2 request as the engine reads it. */
export interface RequestText {
  /** The head, with the empty line. */
  readonly head: string;
  readonly method: string;
  /** Its body goes in chunks, since nobody knows how long it is. */
  readonly chunked: boolean;
  /** Key of the WebSocket handshake that the head makes of an extended CONNECT; null where it is none. */
  readonly webSocketKey: string | null;
}

/**
 * Writes the head of an HTTP/2 request as one of HTTP/1.1. It decides nothing: whatever HTTP/1.1 can say goes on as it is, for the
 * engine to judge. So two names for one host become two Host headers.
 *
 * @param raw - Names and values in turn, as Node.js gives them: one character a byte.
 * @param ended - The request has no body.
 * @param newKey - Makes a key for a WebSocket handshake.
 * @returns null where it is malformed by RFC 9113 and cannot be said in HTTP/1.1, so that the stream has to be reset.
 */
export function requestTextOf(
  raw: readonly string[],
  ended: boolean,
  newKey: () => string,
): RequestText | null {
  let method = "";
  let path = "";
  let authority = "";
  let scheme = "";
  let protocol = "";
  let cookie = "";
  let lines = "";
  let hasLength = false;
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    const value = raw[index + 1]!;
    if (CUTS_LINES.test(value)) return null;
    switch (name) {
      case ":method":
        method = value;
        break;
      case ":path":
        path = value;
        break;
      case ":authority":
        authority = value;
        break;
      case ":scheme":
        scheme = value;
        break;
      case ":protocol":
        protocol = value;
        break;
      case "cookie":
        // Browsers cut them into crumbs (RFC 9113, section 8.2.3).
        cookie = cookie === "" ? value : `${cookie}; ${value}`;
        break;
      case "host":
        hosts++;
        if (value !== authority || hosts > 1) lines += `host: ${value}\r\n`;
        break;
      default:
        if (!NAME.test(name) || NOT_IN_HTTP2.has(name)) return null;
        if (name === "te" && value !== "trailers") return null;
        if (name === "content-length") {
          if (ended && value !== "0") return null;
          hasLength = true;
        }
        // The handshake's key is of HTTP/1.1 alone (RFC 8441, section 5).
        if (name === "sec-websocket-key" && protocol === "websocket") break;
        lines += `${name}: ${value}\r\n`;
    }
  }
  if (HAS_SPACE.test(method) || HAS_SPACE.test(path)) return null;
  const connect = method === "CONNECT";
  if ((!connect || protocol !== "") && scheme !== "http" && scheme !== "https") return null;
  const webSocket = connect && protocol === "websocket";
  let head = webSocket ? `GET ${path} HTTP/1.1\r\n` : `${method} ${path === "" ? "*" : path} HTTP/1.1\r\n`;
  if (authority !== "") head += `Host: ${authority}\r\n`;
  head += lines;
  if (cookie !== "") head += `Cookie: ${cookie}\r\n`;
  if (webSocket) {
    const webSocketKey = newKey();
    head += `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${webSocketKey}\r\n\r\n`;
    return { head, method: "GET", chunked: false, webSocketKey };
  }
  const chunked = !ended && !hasLength;
  if (chunked) head += "Transfer-Encoding: chunked\r\n";
  else if (ended && !hasLength && (method === "POST" || method === "PUT" || method === "PATCH"))
    head += "Content-Length: 0\r\n";
  // One request has the connection for itself.
  return { head: `${head}Connection: close\r\n\r\n`, method, chunked, webSocketKey: null };
}

/**
 * The lines of a request's trailers.
 *
 * @param raw - Names and values in turn.
 * @returns null where HTTP/1.1 cannot say them.
 */
export function trailerTextOf(raw: readonly string[]): string | null {
  let lines = "";
  for (let index = 0; index < raw.length; index += 2) {
    if (!NAME.test(raw[index]!) || CUTS_LINES.test(raw[index + 1]!)) return null;
    lines += `${raw[index]}: ${raw[index + 1]}\r\n`;
  }
  return lines;
}
