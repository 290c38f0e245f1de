export {
  DataFolderError,
  startApiServer,
  type ApiServerStartOptions,
  type EmbeddedApiServer,
} from "./apiserver/index.ts";
export { startControllers, type ControllersHandle, type ControllersOptions } from "./controllers/index.ts";
export {
  checkNodeSupport,
  startNode,
  type NodeHandle,
  type NodeOptions,
  type Problem,
  type RuntimeImage,
} from "./node/index.ts";
