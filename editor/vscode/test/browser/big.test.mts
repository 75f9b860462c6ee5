// Much of everything: 20,000 sessions, and one of 100 MB.

import assert from "node:assert/strict";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Locator } from "playwright-core";
import { call, Place, until } from "./place.mts";
import { story, Workbench } from "./workbench.mts";

const many = 20_000;
const bigBytes = 100 << 20;
const big = "bbbbbbbb-0000-4000-8000-000000000000";

let place: Place;
let bench: Workbench;
const seen = () => bench;

const hex = (n: number, width: number): string => n.toString(16).padStart(width, "0");

/** A conversation of a prompt and an answer, a minute after the one before it. */
function small(n: number, cwd: string): [string, string] {
  const id = `aaaaaaaa-0000-4000-8000-${hex(n, 12)}`;
  const at = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
  const entry = (uuid: string, parentUuid: string | null, type: string, content: unknown) => JSON.stringify({ type, uuid, parentUuid, sessionId: id, cwd, timestamp: at, message: { role: type, content } });
  const [p, a] = [`${id.slice(0, -12)}1${hex(n, 11)}`, `${id.slice(0, -12)}2${hex(n, 11)}`];
  return [id, `${entry(p, null, "user", `Question ${n}`)}\n${entry(a, p, "assistant", [{ type: "text", text: `Answer ${n}` }])}\n`];
}

async function writeBig(file: string, cwd: string): Promise<void> {
  const out = createWriteStream(file);
  const words = "The clock goes on, and the test does not know. ".repeat(80);
  let parentUuid: string | null = null;
  for (let n = 0, bytes = 0; bytes < bigBytes; n++) {
    const uuid = `bbbbbbbb-0000-4000-8001-${hex(n, 12)}`;
    const type = n % 2 ? "assistant" : "user";
    const text = n % 2 ? `## Answer ${n}\n\n${words}` : `Question ${n} of the big one. ${words}`;
    const content = n % 2 ? [{ type: "text", text }] : text;
    const line: string = JSON.stringify({ type, uuid, parentUuid, sessionId: big, cwd, timestamp: new Date(Date.UTC(2026, 5, 1) + n * 1000).toISOString(), message: { role: type, content } }) + "\n";
    parentUuid = uuid;
    bytes += line.length;
    if (!out.write(line)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
}

before(async () => {
  place = await Place.make();
  const folder = join(place.config, "projects", "-w");
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < many; n++) {
    const [id, lines] = small(n, place.work);
    writeFileSync(join(folder, `${id}.jsonl`), lines);
  }
  await writeBig(join(folder, `${big}.jsonl`), place.work);
  const other = await place.client();
  await until(async () => {
    const list = await call<{ total: number; importing?: string }>(other, "list_sessions", { limit: 1 });
    return list.total === many + 1 && !list.importing;
  }, 300_000, "all is imported");
  const reads = async () => {
    const began = Date.now();
    await call(other, "read_transcript", { session: big, format: "json" });
    return Date.now() - began < 1000; // longer: it is still being imported
  };
  await until(reads, 120_000, "the big one is imported");
  bench = await Workbench.open(place);
});
after(async () => {
  await bench?.close();
  await place?.end();
});

/** What is slow on a busy machine is slow with little, too: measured beside it, in the same minute. */
const within = (took: number, limit: number, little: number): boolean => took < Math.max(limit, 2 * little);

const titled = (name: string) => bench.view("Sessions").locator(`[role=treeitem][aria-label^="${name},"]`);

story("the first page of 20,000 is painted within a second of being asked for", seen, async () => {
  await bench.sidebar();
  await titled("Question 19999").waitFor();
  await bench.shot("many");
  const ask = (words: string, choice: string) => async () => {
    await bench.command("Claude Sessions: Filter Sessions…");
    await bench.page.locator(".quick-input-widget:visible input").first().fill(words);
    return bench.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: choice }).first();
  };
  const little = await bench.timed(await ask("Question 12345", "Words: Question 12345")(), titled("Question 12345"));
  const all = await bench.timed(await ask("", "Show all")(), titled("Question 19999"));
  console.log(`# one session after ${little} ms, the first page of ${many} after ${all} ms`);
  assert.ok(within(all, 1000, little));
});

story("at its end the list pages on by itself", seen, async () => {
  const list = bench.view("Sessions").locator(".monaco-list").first();
  await list.focus();
  const rows = async () => Number(await list.locator("[role=treeitem]").first().getAttribute("aria-setsize"));
  for (let pages = 2; pages <= 5; pages++) {
    await until(async () => {
      await bench.page.keyboard.press("End");
      return (await rows()) > (pages - 1) * 200 + 1;
    });
  }
});

story("a transcript of 100 MB opens in under two seconds, and reads on backwards", seen, async () => {
  const opened = async (row: Locator): Promise<number> => {
    await bench.closeEditors();
    await row.waitFor();
    const began = Date.now();
    await row.click();
    await (await bench.transcript()).locator("article").last().waitFor();
    return Date.now() - began;
  };
  const list = bench.view("Sessions").locator(".monaco-list").first();
  await list.focus();
  await bench.page.keyboard.press("Home");
  await opened(titled("Question 19998")); // VS Code's first webview is slower than others
  const little = await opened(titled("Question 19999"));
  const took = await opened(bench.row("Sessions", /of the big one/));
  console.log(`# two messages after ${little} ms, 100 MB after ${took} ms`);
  await bench.shot("big");
  const frame = await bench.transcript();
  const first = () => frame.locator("article").first().getAttribute("data-uuid");
  const before = await first();
  await frame.locator("main").evaluate((main) => (main.scrollTop = 100));
  await until(async () => (await first()) !== before, 60_000, "older messages are shown");
  assert.ok(within(took, 2000, little));
});
