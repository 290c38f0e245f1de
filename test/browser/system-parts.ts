/** What the tests in a real browser need of the system, beside what `sandgate up` needs. */
import type { SystemPart } from "../../packages/cli/src/system-parts/parts.ts";
import { CHROMIUM } from "./support/browser.ts";

export const BROWSER_SYSTEM_PARTS: readonly SystemPart[] = [
  {
    name: "Chromium",
    commands: [CHROMIUM],
    debianPackage: "chromium",
    why: "shows the pages of applications in sandboxes",
  },
];
