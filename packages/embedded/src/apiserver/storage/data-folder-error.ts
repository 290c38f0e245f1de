export type DataFolderErrorCode =
  | "DATA_IN_USE"
  | "DATA_CORRUPT"
  | "DATA_TOO_NEW"
  | "DATA_DISK_FULL"
  | "DATA_NOT_WRITABLE"
  | "PORT_IN_USE";

/** Why the API server cannot start; the message names the remedy. */
export class DataFolderError extends Error {
  readonly code: DataFolderErrorCode;

  constructor(code: DataFolderErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "DataFolderError";
    this.code = code;
  }
}
