/** A real JupyterLab and a real browser: kernels and terminals are WebSockets through the gateway. */
import type { Browser, Page, WebSocket } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "./support/app-process.ts";
import { openBrowser } from "./support/browser.ts";
import { BASE_DOMAIN, FORMS, openFront, type Front } from "./support/front.ts";
import { installJupyterLab, startJupyterLab, TOKEN } from "./support/jupyter-lab.ts";

let browser: Browser;
let programs: string;
beforeAll(async () => {
  programs = installJupyterLab();
  browser = await openBrowser(BASE_DOMAIN);
}, 180_000);
afterAll(() => browser.close());

describe.each([
  { kind: "without a prefix", prefix: "" },
  { kind: "with one", prefix: "/alice/box" },
])("JupyterLab $kind", ({ prefix }) => {
  let lab: App;
  let front: Front;
  beforeAll(async () => {
    lab = await startJupyterLab(programs, prefix);
    front = await openFront(lab.port);
  });
  afterAll(async () => {
    await front.close();
    await lab.stop();
  });

  const forms = FORMS.filter((one) => one.prefix === prefix);
  it.each(forms)("runs a cell of a notebook and a command in a terminal in $form", async ({ origin }) => {
    await using stack = new AsyncDisposableStack();
    const page = stack.adopt(await browser.newPage(), (one) => one.close());
    const problems: string[] = [];
    page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.url()}: ${response.status()}`);
    });

    // What was open is kept on the server, and would be open again.
    await page.goto(`${front.origin(origin)}${prefix}/lab?reset&token=${TOKEN}`);
    const connecting = page.waitForEvent("websocket", (one) => one.url().includes("/api/kernels/"));
    await card(page, "Notebook", "Python 3").click();
    const kernel = await connecting;
    // A cell that is run before its notebook has a kernel is not run later.
    await kernel.waitForEvent("framereceived");
    const cell = page.locator(".jp-Notebook .jp-Cell .cm-content").first();
    await cell.fill("print(6 * 7, 'from the kernel')");
    await cell.press("Shift+Enter");
    await page.locator(".jp-OutputArea-output", { hasText: "42 from the kernel" }).waitFor();

    await page.locator(".lm-TabBar-addButton:visible").first().click();
    const opening = page.waitForEvent("websocket", (one) => one.url().includes("/terminals/websocket/"));
    await card(page, "Other", "Terminal").click();
    const terminal = await opening;
    const printed = textOf(terminal, "42 from the shell");
    await page.locator(".jp-Terminal .xterm-screen").click();
    await page.keyboard.type('echo "$((6 * 7)) from the shell"\n');
    await printed;
    expect(problems).toEqual([]);
  });
});

/** What the launcher offers. */
function card(page: Page, category: string, title: string) {
  return page
    .locator(`.jp-LauncherCard[data-category="${category}"]`, { hasText: title })
    .and(page.locator(":visible"));
}

/** Resolves once a terminal has printed a text, however its messages `["stdout", …]` cut it. */
function textOf(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = "";
    socket.on("framereceived", ({ payload }) => {
      const [kind, printed] = JSON.parse(payload.toString()) as [string, unknown];
      if (kind === "stdout") got += String(printed);
      if (got.includes(text)) resolve();
    });
    socket.on("close", () => reject(new Error(`the terminal closed after ${got}`)));
  });
}
