/** Makes the bundle of the command; `npm pack` and `npm publish` of packages/cli begin with it. */
import { bundleCommand } from "./bundle-command.ts";

await bundleCommand();
