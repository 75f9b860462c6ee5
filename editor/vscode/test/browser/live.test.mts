// A transcript at work and at its limits: words as they come, notices of limits with their remedies, what became of the file.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Frame } from "playwright-core";
import { call, Place, until } from "./place.mts";
import { story, violations, Workbench } from "./workbench.mts";

interface Details {
  session: { session_id: string; status: string; settings: { session_budget_usd?: number }; from_session?: string };
  files: { transcript?: string; stored_bytes: number };
}

let place: Place;
let bench: Workbench;
const seen = () => bench;
const themes = ["Light Modern", "Dark High Contrast", "Light High Contrast", "Dark Modern"];

/** A session of two turns that was said so many days ago, and takes so much of its context. */
function write(place: Place, n: number, title: string, days: number, tokens: number): string {
  const folder = join(place.config, "projects", "-w");
  mkdirSync(folder, { recursive: true });
  const id = `ffffffff-0000-4000-8000-00000000000${n}`;
  const at = Date.now() - days * 86_400_000;
  const uuid = (i: number) => `ffffffff-0000-4000-800${n}-00000000000${i}`;
  const entry = (i: number, type: string, content: unknown) => {
    const message = type === "user" ? { role: type, content } : { id: `m${i}`, role: type, model: "claude-opus-4-1", content: [{ type: "text", text: content }], usage: { input_tokens: 10, cache_read_input_tokens: tokens, output_tokens: 50 } };
    return JSON.stringify({ type, uuid: uuid(i), parentUuid: i ? uuid(i - 1) : null, sessionId: id, cwd: place.work, timestamp: new Date(at + i * 1000).toISOString(), message });
  };
  const file = join(folder, `${id}.jsonl`);
  writeFileSync(file, [entry(0, "user", title), entry(1, "assistant", "It is a big one."), entry(2, "user", "And now the rest"), entry(3, "assistant", "That was all.")].join("\n") + "\n");
  utimesSync(file, at / 1000, at / 1000);
  return file;
}

before(async () => {
  let gone = "";
  place = await Place.make({
    prepare: (p) => {
      write(p, 1, "Nearly full", 0, 176_000);
      write(p, 2, "Soon deleted", 27, 100);
      gone = write(p, 3, "Already gone", 28, 100);
    },
  });
  const other = await place.client();
  const copied = async () => (await call<Details>(other, "get_session", { session: "ffffffff-0000-4000-8000-000000000003" }).catch(() => undefined))?.files.stored_bytes;
  await until(async () => ((await copied()) ?? 0) > 0, 60_000, "there is a copy");
  rmSync(gone);
  bench = await Workbench.open(place);
  await bench.sidebar();
});
after(async () => {
  await bench?.close();
  await place?.end();
});

const reading = (title: RegExp): Promise<Frame> => bench.transcriptOf(title);

story("words are shown as they come, and the message takes their place", seen, async () => {
  const other = await place.client();
  const prompt = "!partial The **church** clock\n!hold half\n!partial goes on\n!hold whole\n!say and rings.";
  await call(other, "start_session", { name: "words", prompt, cwd: place.work, wait_seconds: 0 });
  await bench.row("Sessions", /words/).click();
  const frame = await reading(/^words$/);
  const writing = frame.locator(".live .text");
  await writing.getByText("The church clock").waitFor();
  assert.equal(await writing.locator("strong").textContent(), "church");
  assert.equal(await writing.getByText("goes on").count(), 0);
  assert.deepEqual(await violations(frame), []);
  await bench.shot("writing");
  await place.release("half");
  await writing.getByText("goes on").waitFor();
  // From here on, each frame that is painted shows the text once, at one place.
  await frame.evaluate(() => {
    const seen: string[] = [];
    const look = () => {
      const shown = [...document.querySelectorAll("main .text strong")].filter((s) => s.textContent === "church" && s.getClientRects().length > 0);
      seen.push(shown.map((s) => Math.round(s.getBoundingClientRect().top)).join(" "));
      requestAnimationFrame(look);
    };
    Object.assign(window, { seen });
    look();
  });
  await place.release("whole");
  await frame.locator("article.assistant").getByText("and rings.").waitFor();
  await bench.row("Sessions", /words.*idle/).waitFor();
  const seen = await frame.evaluate(() => [...new Set((window as unknown as { seen: string[] }).seen)]);
  assert.equal(seen.length, 1, `it was at ${JSON.stringify(seen)}`);
  assert.match(seen[0]!, /^\d+$/);
  await bench.closeEditors();
});

story("a context that is nearly full says so, with what can be done", seen, async () => {
  await bench.row("Sessions", /Nearly full/).click();
  const frame = await reading(/^Nearly full$/);
  const notice = frame.getByRole("status").filter({ hasText: "88 % full (176k of 200k tokens)" });
  await notice.waitFor();
  assert.deepEqual(await violations(frame), []);
  await bench.shot("limit");
  // Before which prompt?
  await frame.getByRole("button", { name: "Fork earlier…" }).click();
  await bench.choose("And now the rest", "Fork before which prompt?");
  await bench.fill("", "from this message");
  const fork = bench.view("Sessions").locator('[role=treeitem][aria-level="2"]');
  await fork.waitFor();
  const forked = await reading(/Nearly full/);
  await forked.getByText("It is a big one.").waitFor();
  assert.equal(await forked.getByText("And now the rest").count(), 0);
  await bench.closeEditors();
  // Anew from a summary.
  await bench.row("Sessions", /^Nearly full/).first().click();
  const again = await reading(/^Nearly full$/);
  await again.getByRole("button", { name: "Start anew from a summary…" }).press("Enter");
  await bench.fill("Go on from here", "Start anew from a summary");
  const other = await place.client();
  await until(async () => {
    const { sessions } = await call<{ sessions: { session_id: string; title: string }[] }>(other, "list_sessions", {});
    const fresh = sessions.find((s) => s.title.startsWith("Go on from here"));
    return fresh !== undefined && (await call<Details>(other, "get_session", { session: fresh.session_id })).session.from_session === "ffffffff-0000-4000-8000-000000000001";
  });
  await bench.closeEditors();
  // Closed, it does not come again.
  await bench.row("Sessions", /^Nearly full/).first().click();
  const third = await reading(/^Nearly full$/);
  await third.getByRole("button", { name: "Close" }).click();
  await third.getByText("88 % full").waitFor({ state: "detached" });
  await bench.closeEditors();
  // Summed up.
  await bench.row("Sessions", /^Nearly full/).first().click();
  const fourth = await reading(/^Nearly full$/);
  await fourth.getByRole("button", { name: "Sum it up now" }).click();
  await fourth.getByText("Compacted", { exact: true }).waitFor();
  await bench.closeEditors();
});

story("a budget that is nearly spent is raised where it is told", seen, async () => {
  const other = await place.client();
  await call(other, "start_session", { name: "thrifty", prompt: "Hello", cwd: place.work, session_budget_usd: 0.013, wait_seconds: 30 });
  await call(other, "resume_session", { session: "thrifty", prompt: "Again", wait_seconds: 30 });
  await bench.row("Sessions", /thrifty/).click();
  const frame = await reading(/^thrifty$/);
  await frame.getByText("of the session's budget of $0.01").waitFor();
  await frame.getByRole("button", { name: "Raise the budget…" }).click();
  await bench.fill("5", "Budget of");
  await until(async () => (await call<Details>(other, "get_session", { session: "thrifty" })).session.settings.session_budget_usd === 5);
  await frame.getByText("of the session's budget").waitFor({ state: "detached" });
  await bench.closeEditors();
});

story("a file that is gone, or goes soon, is told of, in the transcript and in the tree", seen, async () => {
  await bench.row("Sessions", /Already gone/).click();
  const gone = await reading(/^Already gone$/);
  await gone.getByText("Claude Code's file is gone; read from the copy").waitFor();
  await gone.getByText("That was all.").waitFor();
  await bench.row("Sessions", /Soon deleted/).click();
  const soon = await reading(/^Soon deleted$/);
  await soon.getByText(/deletes its file in \d days; the copy stays/).waitFor();
  await bench.page.mouse.move(700, 400);
  await bench.row("Sessions", /Soon deleted/).hover();
  await bench.page.locator(".monaco-hover, .workbench-hover").getByText(/deletes its file in \d days/).waitFor();
  await bench.closeEditors();
});

story("it keeps the rules of accessibility, in every theme", seen, async () => {
  for (const theme of themes) {
    await bench.theme(theme);
    await bench.sidebar();
    await bench.closeEditors();
    await bench.row("Sessions", /^Nearly full/).first().click();
    const frame = await reading(/^Nearly full$/);
    await frame.getByText("88 % full").waitFor();
    assert.deepEqual(await violations(frame), [], theme);
    await bench.shot(`limit ${theme}`.toLowerCase().replaceAll(" ", "-"));
  }
});
