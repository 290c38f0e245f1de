import { get, head, HOST, passed, PATH, post, refused, SMUGGLED, type HostileRequest } from "./message.ts";

const RFC = "RFC 9112, 6.3";
const NUMBER = "RFC 9110, 8.6: digits only";
/** The grammar has room for them, and so has the prefix of an octal number in C. */
const LEADING_ZERO = "octal to strtol with base 0 and its like";

function of(value: string, body = "hello"): string {
  return post([`Content-Length: ${value}`], body);
}

export const contentLength: readonly HostileRequest[] = [
  refused(
    "cl-two-different",
    "two Content-Length that differ",
    `${RFC}; CL.CL`,
    post(["Content-Length: 5", "Content-Length: 0"], `hello${SMUGGLED}`),
  ),
  refused(
    "cl-two-equal",
    "two equal Content-Length",
    `${RFC}; HAProxy takes them`,
    post(["Content-Length: 5", "Content-Length: 5"], "hello"),
  ),
  refused(
    "cl-two-cases",
    "two Content-Length in different case",
    `${RFC}; CL.CL`,
    post(["Content-Length: 5", "content-length: 0"], "hello"),
  ),
  refused(
    "cl-two-apart",
    "two Content-Length far from each other",
    RFC,
    post(
      [
        "Content-Length: 5",
        ...Array.from({ length: 30 }, (_, index) => `X-${index}: y`),
        "Content-Length: 6",
      ],
      "hello",
    ),
  ),
  refused(
    "cl-three",
    "three Content-Length",
    RFC,
    post(["Content-Length: 5", "Content-Length: 5", "Content-Length: 5"], "hello"),
  ),
  refused(
    "cl-two-one-empty",
    "a second Content-Length that is empty",
    RFC,
    post(["Content-Length: 5", "Content-Length:"], "hello"),
  ),
  refused("cl-list-equal", "the list 5, 5", `${RFC}; HAProxy takes it`, of("5, 5")),
  refused("cl-list-different", "the list 5, 0", `${RFC}; CL.CL`, of("5, 0")),
  refused("cl-list-tight", "the list 5,5 without a blank", RFC, of("5,5")),
  refused("cl-list-empty-end", "a comma behind the number", RFC, of("5,")),
  refused("cl-list-empty-begin", "a comma before the number", RFC, of(",5")),
  refused("cl-plus", "a plus sign", `${NUMBER}; lenient number parsers take it`, of("+5")),
  refused("cl-minus", "a minus sign", NUMBER, of("-5")),
  refused("cl-minus-zero", "minus zero", NUMBER, of("-0")),
  refused("cl-minus-one", "minus one, which some read as without end", NUMBER, of("-1")),
  refused("cl-hex", "a hexadecimal number", NUMBER, of("0x5")),
  refused("cl-hex-letter", "a digit of base 16", NUMBER, of("a", "hellohello")),
  refused("cl-octal", "an octal number as programmers write it", NUMBER, of("0o5")),
  refused("cl-zero-before", "a zero before the number", LEADING_ZERO, of("05")),
  refused("cl-zeros-before", "three zeros before the number", LEADING_ZERO, of("0005")),
  refused("cl-zero-octal", "010: eight to who reads octal numbers", LEADING_ZERO, of("010", "hellohello")),
  refused("cl-zero-zero", "two zeros", LEADING_ZERO, of("00", "")),
  refused(
    "cl-underscore",
    "a separator within the number",
    `${NUMBER}; Python's int takes it`,
    of("1_0", "hellohello"),
  ),
  refused("cl-decimal", "a decimal point", NUMBER, of("5.0")),
  refused("cl-exponent", "an exponent", NUMBER, of("5e0")),
  refused(
    "cl-blank-inside",
    "a blank within the number",
    `${NUMBER}; CVE-2018-7159 (Node.js)`,
    of("1 0", "hellohello"),
  ),
  refused("cl-tab-inside", "a tab within the number", NUMBER, of("1\t0", "hellohello")),
  refused("cl-word-behind", "letters behind the number", NUMBER, of("5x")),
  refused("cl-word", "a word", NUMBER, of("five")),
  refused("cl-semicolon", "a parameter behind the number", NUMBER, of("5;q=1")),
  refused("cl-quoted", "a number in quotes", NUMBER, of('"5"')),
  refused("cl-empty", "an empty value", NUMBER, of("", "")),
  refused("cl-blanks", "blanks only", NUMBER, of("   ", "")),
  refused("cl-empty-body", "an empty value with a body", NUMBER, of("", SMUGGLED)),
  refused("cl-nul", "a NUL behind the number", NUMBER, of("5\0")),
  refused(
    "cl-vertical-tab",
    "a vertical tab before the number",
    `${NUMBER}: some trim it as a blank`,
    of("\x0b5"),
  ),
  refused("cl-form-feed", "a form feed behind the number", NUMBER, of("5\x0c")),
  refused(
    "cl-nbsp",
    "a no-break space before the number",
    "trimmed by programs that think in Unicode",
    of("\xa05"),
  ),
  refused("cl-superscript", "a superscript digit", "Python's str.isdigit takes it", of("\xb2", "he")),
  refused(
    "cl-arabic-digit",
    "a digit of another script in UTF-8",
    "\\d of Unicode regular expressions",
    of("\xd9\xa5"),
  ),
  refused("cl-16-digits", "16 digits", "beyond exact integers: to be bounded", of("1000000000000005")),
  refused("cl-2-64", "5 beyond 2^64", "wraps around to 5", of("18446744073709551621")),
  refused(
    "cl-2-32",
    "5 with 20 zeros before it",
    "buffers for numbers that overflow: to be bounded",
    of("0000000000000000000005"),
  ),
  refused(
    "cl-2-63",
    "2^63, negative to signed integers",
    "overflows of signed numbers",
    of("9223372036854775808"),
  ),
  refused("cl-300-digits", "300 digits", "becomes Infinity in floating point", of("9".repeat(300))),
  refused(
    "cl-fullwidth-name",
    "Content-Length with a soft hyphen in its name",
    "RFC 9110, 5.6.2",
    post(["Content\xadLength: 5"], "hello"),
  ),
  refused(
    "cl-get-smuggle",
    "GET with two Content-Length",
    "CL.0 behind front ends that ignore bodies of GET",
    get("Content-Length: 0", `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  passed(
    "cl-get-body",
    "GET with a body, which stays its body",
    "RFC 9110, 9.3.1; CL.0",
    get(`Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  passed(
    "cl-options-body",
    "OPTIONS with a body, which stays its body",
    "CL.0",
    head(`OPTIONS ${PATH}/a HTTP/1.1`, HOST, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  passed(
    "cl-delete-body",
    "DELETE with a body",
    "RFC 9110, 9.3.5",
    head(`DELETE ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5") + "hello",
  ),
  passed(
    "cl-head-body",
    "HEAD with a body, which stays its body",
    "CL.0",
    head(`HEAD ${PATH}/a HTTP/1.1`, HOST, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  passed("cl-zero-get", "GET with Content-Length: 0", "RFC 9110, 8.6", get("Content-Length: 0")),
  passed("cl-tab-before", "a tab before the number is optional white space", "RFC 9112, 5.1", of("\t5")),
  passed(
    "cl-body-chunk-like",
    "a body of known length that looks like chunks",
    "CL.TE",
    of("10", "0\r\n\r\nGET /"),
  ),
  passed(
    "cl-in-connection",
    "Content-Length named by Connection stays",
    "RFC 9110, 7.6.1; hop-by-hop abuse",
    post(["Content-Length: 5", "Connection: Content-Length"], "hello"),
    { keeps: ["content-length"] },
  ),
];
