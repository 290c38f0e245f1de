/** `npm start`: everything `sandgate up` needs on this machine, then `sandgate up --demo`. */
import { ensureSystemParts } from "../packages/cli/src/system-parts/ensure.ts";
import { SYSTEM_PARTS } from "../packages/cli/src/system-parts/parts.ts";

const missing = ensureSystemParts(SYSTEM_PARTS, (line) => process.stderr.write(`sandgate: ${line}\n`));
if (missing !== null) {
  process.stderr.write(`sandgate: ${missing}\n`);
  process.exit(1);
}
process.argv.splice(2, 0, "up", "--demo");
await import("../packages/cli/src/main.ts");
