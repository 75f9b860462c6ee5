// What a person does with a session, besides starting and answering it: speaks while it works, tags, notes, archives,
// exports, opens it in a terminal, takes the tour.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Locator } from "playwright-core";
import { call, Place, until } from "./place.mts";
import { story, Workbench } from "./workbench.mts";

interface Details {
  session: { session_id: string; status: string; note?: string; tags?: string[]; archived?: boolean };
  turn?: { status: string; result?: string };
  queued?: number;
}

let place: Place;
let bench: Workbench;
let other: Client;
const seen = () => bench;

before(async () => {
  // Text in the page, not on a canvas, so that it can be read.
  place = await Place.make({ flags: ["--request-timeout=10m"], settings: { "terminal.integrated.gpuAcceleration": "off" } });
  other = await place.client();
  bench = await Workbench.open(place);
  await bench.sidebar();
});
after(async () => {
  await bench?.close();
  await place?.end();
});

const start = (name: string, prompt: string): Promise<unknown> => call(other, "start_session", { name, prompt, cwd: place.work, wait_seconds: 0 });

const details = (session: string): Promise<Details> => call<Details>(other, "get_session", { session });

const becomes = (session: string, fits: (d: Details) => boolean): Promise<void> => until(async () => fits(await details(session)));

const statusBar = (words: string): Locator => bench.page.locator(".statusbar").getByRole("button", { name: `Claude Sessions: ${words}` });

story("while it works, a prompt waits in line, is taken in, or stops it", seen, async () => {
  await start("talks", "!say One.\n!hold one");
  await bench.row("Sessions", /^talks/).click();
  const frame = await bench.transcript();
  const box = frame.getByRole("textbox", { name: "Say what it is to do next" });
  const mode = frame.getByRole("combobox", { name: "While it is at work" });
  const say = async (how: string, words: string) => {
    await mode.selectOption(how);
    await box.fill(words);
    await box.press("Enter");
    await until(async () => (await box.inputValue()) === "");
  };
  await say("Queue", "!say Two.\n!hold two");
  await becomes("talks", (d) => d.queued === 1);
  await frame.getByText("1 in line").waitFor();
  await place.release("one");
  await frame.locator("article.assistant").getByText("One.").waitFor();
  await becomes("talks", (d) => d.session.status === "running" && !d.queued);
  const waits = `touch at-work; while [ ! -e go ]; do python3 -c "import time; time.sleep(0.05)"; done`;
  await say("Interrupt and send", `!tool Bash ${JSON.stringify({ command: waits })}\n!say Three.`);
  await bench.notification("touch at-work").getByText("Allow", { exact: true }).click();
  await until(() => existsSync(join(place.work, "at-work")));
  await say("Steer", "!say Four.");
  await becomes("talks", (d) => d.queued === 1);
  writeFileSync(join(place.work, "go"), "");
  await becomes("talks", (d) => d.session.status === "idle");
  const answers = frame.locator("article.assistant");
  await answers.getByText("Four.").waitFor();
  assert.match((await details("talks")).turn?.result ?? "", /Three\.\s+Four\./); // one turn said both
  assert.equal(await answers.getByText("Two.").count(), 0);
  await box.fill("!hold never");
  await box.press("Enter");
  await frame.getByRole("button", { name: "Interrupt", exact: true }).click();
  await becomes("talks", (d) => d.session.status === "interrupted");
});

story("tags are shown and filtered by, a note is kept", seen, async () => {
  const row = bench.row("Sessions", /^talks/);
  await start("other", "!say Hello.");
  await bench.row("Sessions", /^other, idle/).waitFor();
  await bench.menu(row, "Edit Tags…");
  await bench.fill("clock urgent", "Tags of");
  await row.filter({ hasText: "#clock #urgent" }).waitFor();
  await bench.command("Claude Sessions: Filter Sessions…");
  await bench.choose("urgent", "Filter Sessions");
  await bench.row("Sessions", /^other/).waitFor({ state: "hidden" });
  await row.waitFor();
  await bench.command("Claude Sessions: Change or Clear Filter…");
  await bench.choose("Show all", "Filter Sessions");
  await bench.row("Sessions", /^other/).waitFor();
  await bench.menu(row, "Edit Tags…");
  await bench.fill("clock", "Tags of");
  await row.filter({ hasText: "#urgent" }).waitFor({ state: "hidden" });
  await bench.menu(row, "Edit Note…");
  await bench.fill("Ask Ann first", "Note on");
  await becomes("talks", (d) => d.session.note === "Ask Ann first");
  assert.deepEqual((await details("talks")).session.tags, ["clock"]);
});

story("taken out of the archive, it is as before", seen, async () => {
  await call(other, "update_session", { session: "other", archived: true });
  await bench.row("Sessions", /^other/).waitFor({ state: "hidden" });
  await bench.command("Claude Sessions: Show Archived");
  await bench.menu(bench.row("Sessions", /^other.*archived/), "Take out of the Archive");
  await becomes("other", (d) => !d.session.archived);
  await bench.command("Claude Sessions: Hide Archived");
  await bench.row("Sessions", /^other/).waitFor();
});

story("a question is answered from its notification; badge and status bar count it", seen, async () => {
  const question = { question: "Which clock?", header: "Clock", multiSelect: false, options: [{ label: "Wall", description: "Tells the time" }, { label: "Monotonic", description: "Only goes forward" }] };
  await start("asks", `!tool AskUserQuestion ${JSON.stringify({ questions: [question] })}\n!say Thanks.`);
  const notification = bench.notification("Which clock?");
  await notification.waitFor();
  await statusBar("0 running, 1 waiting for an answer").waitFor();
  const badge = bench.page.locator(".activitybar .action-item").filter({ has: bench.page.locator('[aria-label^="Claude Sessions"]') }).locator(".badge-content");
  await badge.filter({ hasText: /^1$/ }).waitFor();
  await start("works", "!hold works");
  await statusBar("1 running, 1 waiting for an answer").waitFor();
  await notification.getByText("Answer…", { exact: true }).click();
  await bench.choose("Wall", "Clock");
  await notification.waitFor({ state: "hidden" });
  await becomes("asks", (d) => d.session.status === "idle");
  await statusBar("1 running, 0 waiting for an answer").waitFor();
  await badge.waitFor({ state: "hidden" });
  await place.release("works");
  await statusBar("").waitFor({ state: "hidden" });
});

story("exported, the conversation is a file", seen, async () => {
  await bench.menu(bench.row("Sessions", /^talks/), "Export…");
  const path = join(place.work, "talks.md");
  const input = bench.page.locator(".quick-input-widget:visible input").first();
  await until(async () => (await input.inputValue()) === path); // it is offered, once the dialog is ready
  await input.press("Enter");
  await bench.notification("Exported to talks.md").waitFor();
  assert.match(readFileSync(path, "utf8"), /Three\.\s+Four\./);
});

story("in a terminal it goes on with plain Claude Code, and the sidebar sees it", seen, async () => {
  await bench.menu(bench.row("Sessions", /^other/), "Open in a Terminal with Claude Code");
  const { session } = await details("other");
  await until(() => place.processes((args) => args.includes("--resume") && args.includes(session.session_id) && !args.includes("-p")).length > 0);
  const screen = bench.page.locator(".terminal-wrapper .xterm-rows");
  await screen.getByText("Hello.").first().waitFor();
  await bench.page.locator(".terminal-wrapper .xterm").click();
  await bench.page.keyboard.type("Hello again");
  await screen.getByText("Hello again").first().waitFor(); // what comes at once with it is pasted with it, Enter too
  await bench.page.keyboard.press("Enter");
  await bench.shot("terminal");
  await until(async () => JSON.stringify(await call(other, "read_transcript", { session: "other", format: "json" })).includes("You said: "));
});

story("the tour's buttons do what they say", seen, async () => {
  await bench.command("Claude Sessions: Take the First-Minute Tour");
  const page = bench.page.locator(".gettingStartedContainer");
  await page.locator("h2").getByText("Claude Sessions: the first minute").waitFor();
  const step = async (title: string, button: string) => {
    await page.locator(".getting-started-step").filter({ hasText: title }).click();
    await page.locator(".button-container").getByText(button, { exact: true }).click();
  };
  const mark = (title: string, done: boolean) => page.locator(".getting-started-step").filter({ hasText: title }).locator(`[role=checkbox][aria-checked=${done}]`);
  await step("See that all is there", "Check the Installation");
  await bench.titled(/All is there|to mend/);
  await bench.shot("doctor");
  await bench.page.keyboard.press("Escape");
  await step("Start a session", "Start a Session");
  await bench.titled("1/4");
  await bench.page.keyboard.press("Escape");
  // Without one that is selected, it is asked which.
  const list = bench.view("Sessions").locator(".monaco-list").first();
  await until(async () => {
    await list.focus();
    await bench.page.keyboard.press("Escape");
    return (await list.locator("[role=treeitem].selected").count()) === 0;
  });
  await mark("Fork it", false).waitFor();
  await step("Fork it", "Fork a Session");
  await bench.page.getByPlaceholder("A session: words of its name, title or prompts").fill("talks");
  await until(async () => (await bench.page.locator(".quick-input-list .monaco-list-row").count()) === 1);
  await bench.choose("talks");
  await bench.fill("", "Fork “talks”");
  const fork = bench.view("Sessions").locator('[role=treeitem][aria-level="2"].selected'); // below its parent, which is expanded
  await fork.filter({ hasText: "!say One." }).waitFor();
  const frame = await bench.transcriptOf(/^!say One\./);
  await frame.locator("article.assistant").getByText("Four.").waitFor();
  await frame.getByText("Its parent").waitFor();
  await bench.page.getByRole("tab", { name: /^Welcome/ }).click();
  await mark("Fork it", true).waitFor();
  await step("Answer what it asks", "Open the Waiting View");
  await bench.view("Waiting").locator(".pane-header[aria-expanded=true]").waitFor();
  await bench.shot("tour");
});

story("no request left the machine", seen, () => {
  assert.deepEqual([...bench.outside], []);
});
