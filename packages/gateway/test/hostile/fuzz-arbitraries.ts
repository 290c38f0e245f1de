/** Heads and chunk streams that are nearly right: a fuzzer that only throws bytes never gets past the first of them. */
import fc from "fast-check";

/** What parsers disagree about, and what messages are made of. */
const PIECES = [
  "\r\n",
  "\r",
  "\n",
  "\r\n\r\n",
  "\n\n",
  "\0",
  "\t",
  " ",
  "  ",
  "\x0b",
  "\x7f",
  "\x80",
  "\xa0",
  "\xff",
  ":",
  ": ",
  " :",
  ";",
  ",",
  ", ",
  "=",
  '"',
  "\\",
  "#",
  "%00",
  "?",
  "/",
  "*",
  "GET",
  "POST",
  "HEAD",
  "CONNECT",
  "TRACE",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/1.2",
  "HTTP/2.0",
  "http/1.1",
  "/alice/box/a",
  "http://x/",
  "Host",
  "Host: x",
  "Content-Length",
  "content-length: 5",
  "Content-Length: 0",
  "Transfer-Encoding",
  "transfer-encoding: chunked",
  "chunked",
  "identity",
  "gzip",
  "Connection",
  "close",
  "keep-alive",
  "Upgrade",
  "Expect",
  "100-continue",
  "X-A: b",
  "0",
  "5",
  "05",
  "+5",
  "-5",
  "0x5",
  "1000000000000005",
  "a",
  "fffffffffffff",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "200",
  "204",
  "304",
  "100",
  "101",
  "OK",
] as const;

const piece = fc.constantFrom(...PIECES);
const anyByte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const fragment = fc.oneof({ weight: 4, arbitrary: piece }, { weight: 1, arbitrary: anyByte });

interface Edit {
  at: number;
  remove: number;
  insert: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(1_000),
  remove: fc.constantFrom(0, 0, 1, 1, 2, 5),
  insert: fc.oneof(fc.constant(""), fragment),
});

/** Puts a few edits into a text. */
function edited(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.array(edit, { maxLength: 3 })).map(([whole, edits]) => {
    let result = whole;
    for (const { at, remove, insert } of edits) {
      const place = at % (result.length + 1);
      result = result.slice(0, place) + insert + result.slice(place + remove);
    }
    return result;
  });
}

const name = fc.constantFrom(
  "Host",
  "X-A",
  "Content-Length",
  "Transfer-Encoding",
  "Connection",
  "Expect",
  "Cookie",
  "content-length",
  "TRANSFER-ENCODING",
  "X_b.c~1",
);
const value = fc.constantFrom(
  "127.0.0.1",
  "5",
  "0",
  "chunked",
  "Chunked",
  "close",
  "100-continue",
  "100-Continue",
  "",
  "a=b; c=d",
  "x, y",
  "caf\xc3\xa9",
  "15",
  "\t7 ",
  "100000000000005",
  "1000000000000005",
);
const field = fc.tuple(name, fc.constantFrom(": ", ":", ":\t "), value).map((parts) => parts.join(""));
const fields = fc.array(field, { maxLength: 6 });

const requestLine = fc
  .tuple(
    fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "get", "X-Y"),
    fc.constantFrom("/", "/a", "/a/../b?c=%20&d", "/a//b;c", "/a#b", "/a\\b", '/"<>^`{|}'),
    fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0"),
  )
  .map((parts) => parts.join(" "));
const statusLine = fc
  .tuple(
    fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0"),
    fc.constantFrom("200", "204", "304", "100", "101", "404", "599", "600", "099", "999"),
    fc.constantFrom(" OK", " ", "", " Not \xfcber"),
  )
  .map(([version, status, reason]) => `${version} ${status}${reason}`);

function headOf(line: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(line, fields).map(([first, rest]) => [first, ...rest, "", ""].join("\r\n"));
}

const soup = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(""));
const body = fc.oneof(fc.constant(""), soup);

/** A head and what may follow it. */
export const requestBytes = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(edited(headOf(requestLine)), body).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: soup },
);
export const responseBytes = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(edited(headOf(statusLine)), body).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: soup },
);

const data = fc.oneof(fragment, fc.constantFrom("hello", "x".repeat(17), "0\r\n\r\n"));
const extension = fc.constantFrom("", "", "", ";a", ";a=b", ';a="b;c"', ';a="\\""', ";a=b;c");
const chunk = fc
  .tuple(data, extension, fc.constantFrom("", "0", "000"))
  .map(([bytes, after, zeros]) => `${zeros}${bytes.length.toString(16)}${after}\r\n${bytes}\r\n`)
  .filter((text) => !/^0+(;|\r)/.test(text));
const trailer = fc.constantFrom(
  "X-A: b",
  "X-B:",
  "X-Checksum: \xff",
  "Host: x",
  "Sandgate-Error: y",
  "content-length: 5",
);
export const chunkBytes = fc.oneof(
  {
    weight: 6,
    arbitrary: edited(
      fc
        .tuple(
          fc.array(chunk, { maxLength: 4 }),
          extension,
          fc.array(trailer, { maxLength: 2 }),
          fc.constantFrom("", "", "GET /"),
        )
        .map(
          ([chunks, after, trailers, behind]) =>
            `${chunks.join("")}0${after}\r\n${trailers.map((one) => `${one}\r\n`).join("")}\r\n${behind}`,
        ),
    ),
  },
  { weight: 1, arbitrary: soup },
);

/** Requests for the sandbox of the tests, some of them nearly right, one behind the other. */
export const addressedBytes = fc
  .array(
    fc.oneof(
      edited(
        fc
          .tuple(
            fc.constantFrom("GET", "POST", "HEAD"),
            fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0"),
            fields,
            chunkBytes,
          )
          .map(
            ([method, version, rest, chunks]) =>
              `${method} /alice/box/a ${version}\r\nHost: 127.0.0.1\r\n${rest.filter((one) => !/^host/i.test(one)).join("\r\n")}${rest.some((one) => !/^host/i.test(one)) ? "\r\n" : ""}\r\n${rest.some((one) => /chunked/i.test(one)) ? chunks : ""}`,
          ),
      ),
      fc.constant("GET /alice/box/b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(""));

/** Where a text of whatever length is cut, as shares of a thousand. */
export const cuts = fc.array(fc.nat(1_000), { maxLength: 4 });
