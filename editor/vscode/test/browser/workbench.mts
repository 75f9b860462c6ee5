// VS Code in a browser, as a person uses it.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import axe from "axe-core";
import { chromium, type Browser, type Frame, type Locator, type Page } from "playwright-core";
import { pause, root, until, type Place } from "./place.mts";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const patience = 60_000;

const launch = (place: Place): Promise<Browser> => chromium.launch({ executablePath: process.env.CLAUDE_SESSIONS_TEST_CHROMIUM ?? "/usr/bin/chromium", args: flags, env: place.env });

export const shots = join(root, "out", "screenshots");

export class Workbench {
  /** Hosts outside this machine that were asked. */
  readonly outside = new Set<string>();

  readonly page: Page;
  private readonly browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.browser = browser;
    this.page = page;
  }

  static async open(place: Place, size = { width: 1280, height: 800 }): Promise<Workbench> {
    const browser = await launch(place);
    const page = await browser.newPage({ viewport: size });
    page.setDefaultTimeout(patience);
    const bench = new Workbench(browser, page);
    page.on("request", (request) => bench.note(request.url()));
    await bench.load(`${place.url}/?folder=${place.work}`);
    return bench;
  }

  /** Runs the tests of a folder in VS Code's extension host; resolves with what it exits with. */
  static async runInHost(place: Place, extension: string, tests: string): Promise<number> {
    const browser = await launch(place);
    const page = await browser.newPage();
    const exited = Promise.withResolvers<number>();
    await page.exposeFunction("codeAutomationLog", () => {}); // noise
    await page.exposeFunction("codeAutomationExit", (code: number) => exited.resolve(code));
    const remote = (path: string) => `vscode-remote://${new URL(place.url).host}${path}`;
    const payload = [["extensionDevelopmentPath", remote(extension)], ["extensionTestsPath", remote(tests)]];
    await page.goto(`${place.url}/?folder=${place.work}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
    try {
      return await exited.promise;
    } finally {
      await browser.close();
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  async reload(): Promise<void> {
    await this.load(this.page.url());
  }

  /** Runs a command of the palette. Keys are lost before the workbench listens, so that all of it is tried again. */
  async command(title: string): Promise<void> {
    const { page } = this;
    const input = page.locator(".quick-input-widget:visible input");
    for (const end = Date.now() + patience; ; ) {
      try {
        await page.keyboard.press("Escape");
        await page.keyboard.press("F1");
        await input.fill(`>${title}`, { timeout: 3000 });
        const row = page.locator(".quick-input-list .monaco-list-row").first();
        await row.getByText(title.replace(/^.*: /, ""), { exact: false }).first().waitFor({ timeout: 5000 });
        await page.keyboard.press("Enter");
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  /** Milliseconds from a click until something is seen that was not. */
  async timed(click: Locator, what: Locator): Promise<number> {
    await click.waitFor();
    await what.waitFor({ state: "hidden" });
    const began = Date.now();
    await click.click();
    await what.waitFor();
    return Date.now() - began;
  }

  /** Types into the box that is open and takes what is first. */
  async fill(text: string, titled?: string | RegExp): Promise<void> {
    if (titled) await this.titled(titled);
    await this.page.locator(".quick-input-widget:visible input").first().fill(text);
    await this.page.keyboard.press("Enter");
  }

  async choose(label: string | RegExp, titled?: string | RegExp): Promise<void> {
    if (titled) await this.titled(titled);
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: label }).first().click();
  }

  async titled(title: string | RegExp): Promise<void> {
    await this.page.locator(".quick-input-widget:visible .quick-input-title").filter({ hasText: title }).waitFor();
  }

  /** Shows the views of the extension. */
  async sidebar(): Promise<void> {
    const tab = this.page.locator(".activitybar .action-item").filter({ has: this.page.locator('[aria-label^="Claude Sessions"]') });
    await tab.waitFor();
    if ((await tab.getAttribute("aria-expanded")) !== "true" && !(await this.view("Sessions").isVisible())) await tab.click();
    await this.view("Sessions").waitFor();
  }

  view(name: "Sessions" | "Waiting" | "Running"): Locator {
    return this.page.locator(".pane").filter({ has: this.page.locator(`.pane-header[aria-label^="${name}"]`) });
  }

  row(view: "Sessions" | "Waiting" | "Running", name: string | RegExp): Locator {
    return this.view(view).getByRole("treeitem", { name });
  }

  /** Presses an inline action of a row. */
  async inline(row: Locator, action: string): Promise<void> {
    await row.hover();
    await row.getByRole("button", { name: action, exact: true }).first().click();
  }

  /** Chooses from a row's context menu. A menu is deaf to the mouse at first. */
  async menu(row: Locator, item: string): Promise<void> {
    const entry = this.page.locator(".monaco-menu .action-item").filter({ hasText: item }).first();
    for (let tries = 0; ; tries++) {
      await row.click({ button: "right" });
      await entry.waitFor();
      await pause(200);
      await entry.click();
      if (await entry.waitFor({ state: "hidden", timeout: 3000 }).then(() => true, () => false)) return;
      if (tries === 3) throw new Error(`the menu does not take ${item}`);
      await this.page.keyboard.press("Escape");
    }
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator(".notifications-toasts .notification-list-item").filter({ hasText: text });
  }

  /** The inner frame of the webview that is seen. */
  async transcript(): Promise<Frame> {
    let found: Frame | undefined;
    await until(
      async () => {
        for (const frame of this.page.frames()) {
          if (frame.name() !== "active-frame" && !frame.url().includes("fake.html")) continue;
          if (await frame.locator("main").isVisible().catch(() => false)) found = frame;
        }
        return found !== undefined;
      },
      patience,
      "a transcript is shown",
    );
    return found!;
  }

  /** The transcript of this title: another one may still be seen for a moment. */
  async transcriptOf(title: RegExp): Promise<Frame> {
    let found: Frame | undefined;
    const shown = async () => {
      for (const frame of this.page.frames()) if (await frame.locator("h1").filter({ hasText: title }).isVisible().catch(() => false)) found = frame;
      return found !== undefined;
    };
    await until(shown, patience, `the transcript of ${title} is shown`);
    return found!;
  }

  /** Another theme, chosen from those of VS Code by the name that people read. */
  async theme(name: string): Promise<void> {
    const dark = !name.includes("Light");
    const contrast = name.includes("High Contrast");
    const kind = contrast ? (dark ? "hc-black" : "hc-light") : dark ? "vs-dark" : "vs";
    const row = this.page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: name });
    for (const end = Date.now() + patience; ; ) { // keys are lost before the workbench listens
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Control+k");
      await this.page.keyboard.press("Control+t");
      const asked = this.page.locator(".quick-input-widget:visible input").fill(name, { timeout: 3000 });
      if (await asked.then(() => row.waitFor({ timeout: 3000 })).then(() => true, () => false)) break;
      if (Date.now() > end) throw new Error(`no theme ${name} is offered`);
    }
    await this.page.keyboard.press("Enter");
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
  }

  /** The server that the extension defines is started by VS Code itself. The list shows what was when it was opened. */
  async mcpServerRuns(name: string): Promise<void> {
    for (const end = Date.now() + patience; ; await pause(1000)) {
      await this.command("MCP: List Servers");
      const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first();
      await row.waitFor();
      const text = await row.textContent();
      if (text?.includes("Running")) return void (await this.page.keyboard.press("Escape"));
      if (Date.now() > end) throw new Error(`the MCP server is ${text}`);
      await row.click();
      const start = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "Start Server" }).first();
      if (await start.waitFor({ timeout: 3000 }).then(() => true, () => false)) await start.click();
      else await this.page.keyboard.press("Escape");
    }
  }

  async closeEditors(): Promise<void> {
    await this.command("View: Close All Editors");
  }

  /** VS Code has written down that an editor of this kind is open. A window that goes is not always in time to. */
  async kept(viewType: string): Promise<void> {
    const written = () => this.page.evaluate(async (viewType) => {
      const done = <T,>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
      for (const { name } of await indexedDB.databases()) {
        if (!name?.startsWith("vscode-web-state-db-")) continue;
        const base = await done(indexedDB.open(name));
        const editors: unknown = await done(base.transaction("ItemTable").objectStore("ItemTable").get("memento/workbench.parts.editor"));
        base.close();
        if (String(editors).includes(viewType)) return true;
      }
      return false;
    }, viewType);
    await until(written, patience, `VS Code has written down that ${viewType} is open`);
  }

  async shot(name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    await this.page.mouse.move(700, 795);
    await pause(400); // hovers go
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
  }

  private async load(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.locator(".monaco-workbench .activitybar").waitFor({ timeout: 90_000 });
    await this.page.locator(".statusbar").waitFor();
  }

  private note(url: string): void {
    const { protocol, hostname } = new URL(url);
    const ours = !protocol.startsWith("http") || hostname === "127.0.0.1" || hostname.endsWith(".vscode-cdn.net");
    if (!ours) this.outside.add(hostname);
  }
}

/** A test that leaves a picture of what was seen when it failed. */
export function story(name: string, bench: () => Workbench, tell: () => Promise<void> | void): void {
  test(name, async () => {
    try {
      await tell();
    } catch (error) {
      await bench().shot(`failed ${name}`.replace(/[^a-z0-9]+/gi, "-"));
      throw error;
    }
  });
}

/** What axe-core has against a page, each with where. */
export async function violations(frame: Frame): Promise<string[]> {
  await frame.evaluate(axe.source);
  return frame.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }> } };
    const found = await axe.run();
    return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${String(n.target)} ${n.failureSummary ?? ""}`));
  });
}
