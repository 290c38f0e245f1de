/** What the tests in a real browser need of the system, beside what `sandgate up` needs. */
import type { SystemPart } from "../../packages/cli/src/system-parts/parts.ts";

/** As the Debian package has it: the one that people's machines have, too. */
export const CHROMIUM = "/usr/bin/chromium";

export const BROWSER_SYSTEM_PARTS: readonly SystemPart[] = [
  {
    name: "Chromium",
    commands: [CHROMIUM],
    debianPackage: "chromium",
    why: "shows the pages of applications in sandboxes",
  },
];
