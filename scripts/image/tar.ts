/** One thing in a tar archive. `path` has no slash at its front; owner and rights are what the archive says, not the disk. */
export type TarEntry = { readonly path: string; readonly uid?: number; readonly gid?: number } & (
  | { readonly type: "file"; readonly mode: number; readonly content: Buffer }
  | { readonly type: "folder"; readonly mode: number }
  | { readonly type: "link"; readonly target: string }
);

const BLOCK = 512;
const TYPE_FLAGS = { file: "0", link: "2", folder: "5" } as const;

/**
 * A tar archive (ustar) whose bytes depend on nothing but the entries: sorted by path, each with the same time.
 *
 * @param mtime - Seconds since 1970.
 * @throws Error for a path or a link's target that the format cannot hold, and for a path that comes twice.
 */
export function tar(entries: readonly TarEntry[], mtime: number): Buffer {
  const parts: Buffer[] = [];
  let last: string | undefined;
  for (const entry of entries.toSorted((one, other) => Buffer.compare(bytes(one.path), bytes(other.path)))) {
    if (entry.path === last) throw new Error(`${entry.path} comes twice`);
    last = entry.path;
    parts.push(header(entry, mtime));
    if (entry.type === "file") parts.push(entry.content, Buffer.alloc(-entry.content.length & (BLOCK - 1)));
  }
  // Two empty blocks are the end.
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry, mtime: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, offset: number, length: number, what: string): void => {
    const encoded = bytes(value);
    if (encoded.length > length) throw new Error(`${entry.path}: its ${what} is longer than ${length} bytes`);
    encoded.copy(block, offset);
  };
  const number = (value: number, offset: number, length: number): void =>
    text(value.toString(8).padStart(length - 1, "0"), offset, length, "number");

  const { prefix, name } = split(entry.type === "folder" ? `${entry.path}/` : entry.path);
  text(name, 0, 100, "name");
  number(entry.type === "link" ? 0o777 : entry.mode, 100, 8);
  number(entry.uid ?? 0, 108, 8);
  number(entry.gid ?? 0, 116, 8);
  number(entry.type === "file" ? entry.content.length : 0, 124, 12);
  number(mtime, 136, 12);
  text(TYPE_FLAGS[entry.type], 156, 1, "type");
  if (entry.type === "link") text(entry.target, 157, 100, "target");
  text("ustar\x0000", 257, 8, "format");
  text(prefix, 345, 155, "folder");
  // The sum counts its own field as spaces.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8, "sum");
  return block;
}

/** A path of more than 100 bytes is divided at a slash, so that its end fits the name. */
function split(path: string): { prefix: string; name: string } {
  if (bytes(path).length <= 100) return { prefix: "", name: path };
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const name = path.slice(at + 1);
    if (name !== "" && bytes(name).length <= 100) return { prefix: path.slice(0, at), name };
  }
  return { prefix: "", name: path };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, "utf8");
}
