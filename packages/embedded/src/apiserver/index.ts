export { startApiServer } from "./thread/start-api-server.ts";
export type { ApiServerStartOptions, EmbeddedApiServer } from "./thread/start-api-server.ts";
export { DataFolderError } from "./storage/data-folder-error.ts";
export type { DataFolderErrorCode } from "./storage/data-folder-error.ts";
