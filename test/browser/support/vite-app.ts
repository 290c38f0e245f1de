import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp } from "./app-process.ts";
import { BASE_DOMAIN } from "./front.ts";

const CONFIG = `export default { server: { allowedHosts: [".${BASE_DOMAIN}"] } };\n`;

const FILES = {
  "vite.config.mjs": CONFIG,
  "index.html": '<title>app</title><p id="text"></p><script type="module" src="/src/main.js"></script>',
  "src/main.js": `
import "./style.css";
import picture from "./picture.svg";
import { text } from "./text.js";
const show = (what) => {
  document.querySelector("#text").textContent = what;
};
const image = new Image();
image.src = picture;
document.body.append(image);
show(text);
import.meta.hot.accept("./text.js", (changed) => show(changed.text));
`,
  "src/style.css": "p { color: rgb(1, 2, 3) }",
  "src/picture.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"><!--${"x".repeat(8192)}--></svg>`,
  "src/text.js": "",
} as const;

export interface ViteApp {
  readonly port: number;
  /** Writes the source file that the page's text comes from. */
  edit(text: string): void;
  stop(): Promise<void>;
}

/** A Vite dev server of a small application that shows one text. */
export async function startVite(prefix: string, text: string): Promise<ViteApp> {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-vite-"));
  mkdirSync(join(folder, "src"));
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  const edit = (to: string): void =>
    writeFileSync(join(folder, "src", "text.js"), `export const text = ${JSON.stringify(to)};\n`);
  edit(text);
  const vite = join(import.meta.dirname, "..", "..", "..", "node_modules", "vite", "bin", "vite.js");
  const app = await startApp(
    process.execPath,
    [vite, "--host", "127.0.0.1", "--port", "0", "--base", `${prefix}/`],
    { cwd: folder, env: { ...process.env, NO_COLOR: "1" } },
    /http:\/\/127\.0\.0\.1:(\d+)/,
  );
  return {
    port: app.port,
    edit,
    async stop() {
      await app.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
