import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ApiError } from "../server/api-error.ts";
import { DataFolderError } from "./data-folder-error.ts";

const SCHEMA_VERSION = 1;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export interface Row {
  readonly id: number;
  readonly bucket: string;
  readonly key: string;
  readonly revision: number;
  readonly json: string;
}

export interface DatabaseOptions {
  /** Power loss safe too: every commit waits for the disk. */
  readonly fsync?: boolean | undefined;
  /** Refuses growth above this size, as a full disk does. */
  readonly maxBytes?: number | undefined;
}

/** The objects on disk. Every call is one transaction and has happened when it returns. */
export interface Database {
  /** Highest revision ever given out. */
  readonly revision: number;
  rows(): Iterable<Row>;
  /** @returns Id of the new row. */
  insert(bucket: string, key: string, revision: number, json: string): number;
  update(id: number, revision: number, json: string): void;
  remove(id: number, revision: number): void;
  close(): void;
}

/**
 * Opens the file and holds it alone until `close` or the end of the process, `kill -9` included.
 *
 * @throws DataFolderError if another process holds it, it is no such database, or its folder cannot be written.
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const db = open(path, options);
  const insert = db.prepare("INSERT INTO objects (bucket, key, revision, json) VALUES (?, ?, ?, ?)");
  const update = db.prepare("UPDATE objects SET revision = ?, json = ? WHERE id = ?");
  const remove = db.prepare("DELETE FROM objects WHERE id = ?");
  const setRevision = db.prepare("UPDATE meta SET value = ? WHERE name = 'revision'");
  const kept = db.prepare("SELECT value FROM meta WHERE name = 'revision'").get() as { value: number };
  const highest = db.prepare("SELECT max(revision) AS value FROM objects").get() as { value: number | null };

  return {
    revision: Math.max(kept.value, highest.value ?? 0),
    rows: () => readRows(db, path),
    insert: (bucket, key, revision, json) =>
      guard(() => Number(insert.run(bucket, key, revision, json).lastInsertRowid)),
    update: (id, revision, json) => guard(() => void update.run(revision, json, id)),
    remove: (id, revision) =>
      guard(() => {
        // The row was the only trace of its revision, and a revision is never given out twice.
        db.exec("BEGIN IMMEDIATE");
        try {
          remove.run(id);
          setRevision.run(revision);
          db.exec("COMMIT");
        } catch (error) {
          if (db.isTransaction) db.exec("ROLLBACK");
          throw error;
        }
      }),
    close: () => db.close(),
  };
}

function open(path: string, options: DatabaseOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(`PRAGMA synchronous = ${options.fsync === true ? "FULL" : "NORMAL"}`);
    // Takes the lock now rather than at the first write.
    db.exec("BEGIN IMMEDIATE");
    migrate(db, path);
    db.exec("COMMIT");
    if (options.maxBytes !== undefined) limitSize(db, options.maxBytes);
    return db;
  } catch (error) {
    db?.close();
    throw explainOpen(path, error);
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > SCHEMA_VERSION) {
    throw new DataFolderError(
      "DATA_TOO_NEW",
      `${path} was written by a newer release (format ${version}, this one knows ${SCHEMA_VERSION}). ` +
        "Start that release, or choose another folder with --data-dir.",
    );
  }
  if (version === SCHEMA_VERSION) return;
  db.exec(`
    CREATE TABLE objects (
      id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL,
      revision INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (bucket, key)
    );
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    INSERT INTO meta VALUES ('revision', 1);
    PRAGMA user_version = ${SCHEMA_VERSION};
  `);
}

/** In portions, each read whole: a statement that is still being stepped must not meet `close`. */
function* readRows(db: DatabaseSync, path: string): Iterable<Row> {
  const portion = db.prepare(
    "SELECT id, bucket, key, revision, json FROM objects WHERE id > ? ORDER BY id LIMIT 500",
  );
  for (let after = 0; ;) {
    let rows: Row[];
    try {
      rows = portion.all(after) as unknown as Row[];
    } catch (error) {
      throw explainOpen(path, error);
    }
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

function limitSize(db: DatabaseSync, maxBytes: number): void {
  const { page_size: pageSize } = db.prepare("PRAGMA page_size").get() as { page_size: number };
  db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
}

function explainOpen(path: string, error: unknown): Error {
  if (error instanceof DataFolderError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  const because = { cause: error };
  if (primary === SQLITE_BUSY) {
    return new DataFolderError(
      "DATA_IN_USE",
      `${path} is in use by another process. Stop it, or choose another folder with --data-dir.`,
      because,
    );
  }
  if (primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB) {
    return new DataFolderError(
      "DATA_CORRUPT",
      `${path} is damaged or no database of this program. Restore it from a backup, or move it away to start empty.`,
      because,
    );
  }
  if (primary === SQLITE_FULL || code === "ENOSPC") {
    return new DataFolderError("DATA_DISK_FULL", `No space left for ${path}. Free disk space.`, because);
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new DataFolderError(
    "DATA_NOT_WRITABLE",
    `Cannot open ${path}: ${detail}. The folder has to exist or be creatable, and be writable by this user.`,
    because,
  );
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode } = error as { errcode?: number };
    if (errcode === undefined) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    if ((errcode & 0xff) === SQLITE_FULL) {
      throw new ApiError(
        "InsufficientStorage",
        "no space left on the disk that holds the cluster's data: nothing was written; free space and try again",
      );
    }
    throw new ApiError(
      "InternalError",
      `the cluster's data could not be written (${detail}): nothing was changed; check the disk and the data folder`,
    );
  }
}
