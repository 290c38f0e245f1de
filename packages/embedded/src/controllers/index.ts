export { startControllers, type ControllersHandle, type ControllersOptions } from "./start-controllers.ts";
