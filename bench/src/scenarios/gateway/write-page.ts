import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL("../../../../docs/reference/gateway-performance.md", import.meta.url));
const [BEGIN, END] = ["<!-- tables -->\n\n", "\n<!-- end of tables -->"];

/** Puts the tables between the two marks of their page. */
export function writePage(tables: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < 0)
    throw new Error(`${PAGE} has no place for its tables: ${BEGIN.trim()} … ${END.trim()}`);
  writeFileSync(PAGE, page.slice(0, from) + BEGIN + tables + page.slice(to));
}
