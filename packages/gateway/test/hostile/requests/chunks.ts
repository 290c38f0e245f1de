import { byte, chunked, cutShort, hex, passed, refused, SMUGGLED, type HostileRequest } from "./message.ts";

const SIZE = "RFC 9112, 7.1: hexadecimal digits only";
const EXTENSION = "RFC 9112, 7.1.1";
const TERM = "TERM.EXT and EXT.TERM, chunk extensions, research of 2025";
const SPILL = "TERM.SPILL and ONE.TWO, chunk data ends, research of 2025";
const LAST = "0\r\n\r\n";

/** One chunk whose size line is this, then the last one. */
function sized(line: string, data = "hello"): string {
  return chunked(`${line}\r\n${data}\r\n${LAST}`);
}

export const chunkSizes: readonly HostileRequest[] = [
  refused("size-empty", "an empty size", SIZE, sized("")),
  refused("size-word", "a word", SIZE, sized("five")),
  refused("size-g", "a digit beyond f", SIZE, sized("5g")),
  refused("size-0x", "0x before the size", `${SIZE}: lenient parsers take it`, sized("0x5")),
  refused("size-plus", "a plus sign", `${SIZE}; lenient parsers take it`, sized("+5")),
  refused("size-minus", "a minus sign", SIZE, sized("-5")),
  refused("size-minus-zero", "minus zero as the last chunk", SIZE, chunked("-0\r\n\r\n")),
  refused(
    "size-underscore",
    "a separator within the size",
    "Python's int takes it",
    sized("1_0", "hellohellohelloh"),
  ),
  refused("size-blank-first", "a blank before the size", SIZE, sized(" 5")),
  refused("size-tab-first", "a tab before the size", SIZE, sized("\t5")),
  refused(
    "size-blank-behind",
    "a blank behind the size",
    "RFC 9112, 7.1.1: only before an extension, and bad there",
    sized("5 "),
  ),
  refused("size-tab-behind", "a tab behind the size", SIZE, sized("5\t")),
  refused("size-blank-inside", "a blank within the size", SIZE, sized("0 5")),
  refused("size-comma", "a comma behind the size", SIZE, sized("5,")),
  refused("size-list", "two sizes", SIZE, sized("5, 5")),
  refused("size-quoted", "a size in quotes", SIZE, sized('"5"')),
  refused("size-point", "a decimal point", SIZE, sized("5.0")),
  refused("size-13-digits", "13 digits", "bounded, so that it stays exact", sized("0000000000005")),
  refused(
    "size-2-32",
    "2^32 + 5",
    "wraps around to 5 in 32 bits; CVE-2013-2028 (nginx)",
    sized("0100000005x"),
  ),
  refused(
    "size-2-64",
    "2^64 + 5",
    "wraps around to 5 in 64 bits; CVE-2002-0392 (Apache)",
    sized("10000000000000005"),
  ),
  refused("size-2-63", "2^63", "negative to signed integers", sized("8000000000000000")),
  refused("size-huge", "a thousand f", "overflows", sized("f".repeat(1_000))),
  refused(
    "size-many-zeros",
    "a last chunk of a thousand zeros",
    "bounded",
    chunked(`${"0".repeat(1_000)}\r\n\r\n`),
  ),
  ...[0x00, 0x0b, 0x0c, 0x7f, 0x85, 0xa0, 0xb2].map((code) =>
    refused(
      `size-byte-${code.toString(16).padStart(2, "0")}`,
      `${hex(code)} behind the size`,
      SIZE,
      sized(`5${byte(code)}`),
    ),
  ),
  passed("size-upper", "hexadecimal digits in upper case", SIZE, sized("A", "hellohello")),
  passed("size-zeros", "zeros before the size", SIZE, sized("0005")),
  passed("size-last-zeros", "a last chunk of three zeros", SIZE, chunked("5\r\nhello\r\n000\r\n\r\n")),
  passed(
    "size-one-each",
    "one byte in each chunk",
    "cost of each chunk",
    chunked(`${"1\r\nx\r\n".repeat(200)}${LAST}`),
  ),
  passed(
    "size-request-inside",
    "chunk data that looks like the end and a request",
    "TE.CL",
    chunked(`${(LAST + SMUGGLED).length.toString(16)}\r\n${LAST}${SMUGGLED}\r\n${LAST}`),
  ),
];

export const chunkExtensions: readonly HostileRequest[] = [
  passed("ext-name", "an extension is taken and not passed on as framing", EXTENSION, sized("5;a")),
  passed("ext-value", "an extension with a value", EXTENSION, sized("5;a=b;c=d")),
  passed("ext-quoted", "an extension with a quoted value", EXTENSION, sized('5;a="b;c"')),
  passed("ext-last", "an extension of the last chunk", EXTENSION, chunked("5\r\nhello\r\n0;a=b\r\n\r\n")),
  refused("ext-lf", "an extension ends by LF alone", TERM, sized("5;a\n")),
  refused("ext-lf-only", "the size line ends by LF alone", TERM, chunked(`5\nhello\r\n${LAST}`)),
  refused(
    "ext-lf-inside",
    "an LF within an extension: two lines to one, one to another",
    TERM,
    chunked(`2;\nxx\r\n4c\r\n0\r\n\r\n${SMUGGLED}`),
  ),
  refused("ext-cr-inside", "a bare CR within an extension", TERM, sized("5;a\rb")),
  refused("ext-cr-cr", "CR CR LF at the end of the size line", TERM, sized("5\r")),
  refused(
    "ext-cr-x",
    "a CR and another byte at the end of the size line",
    TERM,
    chunked(`5\rXhello\r\n${LAST}`),
  ),
  refused(
    "ext-lf-quoted",
    "an LF within a quoted value",
    `${TERM}; CVE-2025-55315 (Kestrel) and like it`,
    sized('5;a="b\nc"'),
  ),
  refused("ext-crlf-quoted", "CR LF within a quoted value", TERM, sized('5;a="b\r\nc"')),
  refused("ext-nul", "a NUL within an extension", EXTENSION, sized("5;a\0b")),
  refused("ext-control", "a control byte within an extension", EXTENSION, sized("5;a\x01b")),
  refused("ext-del", "DEL within an extension", EXTENSION, sized("5;a\x7fb")),
  refused(
    "ext-long",
    "an extension of 20,000 bytes",
    `${EXTENSION}: to be bounded; CVE-2023-39326 (Go), CVE-2024-22019 (Node.js)`,
    sized(`5;${"a".repeat(20_000)}`),
  ),
  refused(
    "ext-many",
    "10,000 chunks of one byte with 300 bytes of extension each",
    `${EXTENSION}; CVE-2024-22019 (Node.js)`,
    chunked(`1;${"a".repeat(300)}\r\nx\r\n`.repeat(10_000) + LAST),
  ),
  refused(
    "ext-quote-open",
    "a quoted value that is not closed in its line",
    `${TERM}: it goes on over the line's end for some`,
    sized('5;a="b'),
  ),
  refused("ext-quote-escaped", "a quoted value whose last quote is escaped", TERM, sized('5;a="b\\"')),
  refused("ext-blank", "a blank before the semicolon", EXTENSION, sized("5 ;a")),
  refused("ext-blank-behind", "a blank behind the semicolon", EXTENSION, sized("5; a")),
  refused("ext-no-semicolon", "an extension without its semicolon", EXTENSION, sized("5 a=b")),
  refused(
    "ext-cut-size",
    "a size whose extension looks like its end",
    TERM,
    chunked(`5;\n\nhello\r\n${LAST}`),
  ),
];

export const chunkEnds: readonly HostileRequest[] = [
  refused("end-none", "no CR LF behind the data", SPILL, chunked(`5\r\nhello${LAST}`)),
  refused("end-lf", "LF alone behind the data", SPILL, chunked(`5\r\nhello\n${LAST}`)),
  refused("end-cr", "CR alone behind the data", SPILL, chunked(`5\r\nhello\r${LAST}`)),
  refused("end-lf-cr", "LF CR behind the data", SPILL, chunked(`5\r\nhello\n\r${LAST}`)),
  refused(
    "end-two-bytes",
    "two other bytes behind the data",
    `${SPILL}; parsers that skip two bytes`,
    chunked(`5\r\nhelloxx${LAST}`),
  ),
  refused("end-cr-x", "CR and another byte behind the data", SPILL, chunked(`5\r\nhello\rx${LAST}`)),
  refused("end-x-lf", "another byte and LF behind the data", SPILL, chunked(`5\r\nhellox\n${LAST}`)),
  refused("end-crlf-twice", "CR LF twice behind the data", SPILL, chunked(`5\r\nhello\r\n\r\n${LAST}`)),
  refused("end-more-data", "more data than the size says", SPILL, chunked(`5\r\nhello!\r\n${LAST}`)),
  refused("end-less-data", "less data than the size says", SPILL, chunked(`6\r\nhello\r\n${LAST}`)),
  refused("end-last-lf", "the last chunk's line ends by LF alone", SPILL, chunked("5\r\nhello\r\n0\n\r\n")),
  refused("end-last-lf-lf", "the last chunk ends by LF LF", SPILL, chunked("5\r\nhello\r\n0\r\n\n")),
  refused("end-last-cr-x", "CR and another byte at the very end", SPILL, chunked("5\r\nhello\r\n0\r\n\rX")),
  refused("end-last-junk", "junk in place of the last CR LF", SPILL, chunked("5\r\nhello\r\n0\r\nX\r\n")),
  refused("end-first-lf", "an LF before the first size", SPILL, chunked(`\n5\r\nhello\r\n${LAST}`)),
  refused("end-first-crlf", "CR LF before the first size", SPILL, chunked(`\r\n5\r\nhello\r\n${LAST}`)),
  cutShort("end-cut-size", "cut within a size", "RFC 9112, 8: incomplete", chunked("5")),
  cutShort("end-cut-data", "cut within the data", "RFC 9112, 8", chunked("5\r\nhel")),
  cutShort(
    "end-cut-before-last",
    "no last chunk",
    "RFC 9112, 8: must not be taken as complete",
    chunked("5\r\nhello\r\n"),
  ),
  cutShort("end-cut-last", "cut within the last chunk", "RFC 9112, 8", chunked("5\r\nhello\r\n0\r\n")),
  cutShort(
    "end-cut-last-cr",
    "cut before the very last byte",
    "RFC 9112, 8",
    chunked("5\r\nhello\r\n0\r\n\r"),
  ),
];
