/** A real Vite dev server and a real browser: modules, assets and hot reload through the gateway. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser } from "./support/browser.ts";
import { BASE_DOMAIN, FORMS, openFront } from "./support/front.ts";
import { startVite } from "./support/vite-app.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser(BASE_DOMAIN);
});
afterAll(() => browser.close());

describe.each(FORMS)("a Vite dev server in $form", ({ origin, prefix }) => {
  it("shows its page, and a changed source file without a reload", async () => {
    await using stack = new AsyncDisposableStack();
    const vite = stack.adopt(await startVite(prefix, "before"), (one) => one.stop());
    const front = stack.adopt(await openFront(vite.port), (one) => one.close());
    const page = stack.adopt(await browser.newPage(), (one) => one.close());
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("requestfailed", (request) => problems.push(`${request.url()} failed`));
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.url()}: ${response.status()}`);
    });
    const address = `${front.origin(origin)}${prefix}/`;
    const connecting = page.waitForEvent("websocket");
    await page.goto(address);
    const text = page.locator("#text");
    await text.getByText("before").waitFor();
    expect(await page.evaluate("getComputedStyle(document.querySelector('#text')).color")).toBe(
      "rgb(1, 2, 3)",
    );
    // Fails where the picture does not come.
    await page.evaluate("document.querySelector('img').decode()");

    const socket = await connecting;
    // Vite's page would go past the gateway to the server itself, if the way through were closed.
    expect(socket.url()).toMatch(address.replace("http", "ws"));
    await page.evaluate(() => Object.assign(globalThis, { neverReloaded: true }));
    vite.edit("after");
    await text.getByText("after").waitFor();
    expect(await page.evaluate(() => "neverReloaded" in globalThis)).toBe(true);
    expect(problems).toEqual([]);
  });
});
