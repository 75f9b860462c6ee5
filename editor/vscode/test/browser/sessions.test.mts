// Sessions as trees: started, forked, renamed; those of a terminal; the server killed; the window reloaded.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { call, pause, Place, until } from "./place.mts";
import { story, violations, Workbench } from "./workbench.mts";

interface List {
  sessions: { session_id: string; title: string; parent_id?: string; status: string }[];
}

let place: Place;
let bench: Workbench;
const seen = () => bench;

before(async () => {
  place = await Place.make({ prepare: (p) => writeFileSync(join(p.work, "clock.go"), "package clock\n") });
  bench = await Workbench.open(place);
});
after(async () => {
  await bench?.close();
  await place?.end();
});

story("started from the palette, it is seen running, then done", seen, async () => {
  await bench.sidebar();
  await bench.view("Sessions").getByText("No Claude Code session yet").waitFor();
  await bench.shot("empty");
  await bench.command("Claude Sessions: Start Session…");
  await bench.fill("!hold gate", "1/4");
  await bench.choose(place.work, "2/4");
  await bench.choose("default model", "3/4");
  await bench.choose("Claude Code's default", "4/4");
  await bench.row("Sessions", /running/).waitFor();
  await bench.row("Running", /hold gate/).waitFor();
  await bench.page.locator(".statusbar").getByRole("button", { name: "Claude Sessions: 1 running, 0 waiting for an answer" }).waitFor();
  await place.release("gate");
  await bench.row("Sessions", /idle/).waitFor();
  await (await bench.transcript()).getByText("Done.").waitFor();
});

story("renamed in the menu, another client sees it", seen, async () => {
  const other = await place.client();
  await bench.menu(bench.row("Sessions", /hold gate/), "Rename…");
  await bench.fill("Flaky tests", "Rename");
  await bench.row("Sessions", /^Flaky tests/).waitFor();
  const { sessions } = await call<List>(other, "list_sessions", {});
  assert.deepEqual(sessions.map((s) => s.title), ["Flaky tests"]);
});

story("a prompt in the transcript resumes it; what comes is shown as it comes", seen, async () => {
  const frame = await bench.transcript();
  const box = frame.getByRole("textbox", { name: "Say what it is to do next" });
  const script = ["Fix the clock, please.", "!say The clock is *mocked* in one place.", `!tool Read ${JSON.stringify({ file_path: join(place.work, "clock.go") })}`, "!hold live", "!say ## What I found", "!say", "!say ```go", "!say func Now() time.Time { return time.Now() } // the clock", "!say ```", "!say Both tests use the **real** clock."];
  await box.fill(script.join("\n"));
  await box.press("Enter");
  await frame.getByText("The clock is mocked").waitFor();
  await place.release("live");
  await frame.getByRole("heading", { name: "What I found" }).waitFor();
  await bench.row("Sessions", /Flaky tests.*idle/).waitFor();
  await frame.locator("summary").filter({ hasText: "clock.go" }).waitFor();
  assert.equal(await frame.locator("pre .hljs-keyword").first().textContent(), "func");
});

story("forked from a message, the child is seen under its parent", seen, async () => {
  const frame = await bench.transcript();
  const said = frame.locator("article.assistant").filter({ hasText: "Done." });
  await said.hover();
  await said.getByRole("button", { name: "Fork from here" }).click();
  await bench.fill("!recall", "from this message");
  const child = bench.view("Sessions").locator('[role=treeitem][aria-level="2"]');
  await child.waitFor();
  const other = await place.client();
  await until(async () => {
    const { sessions } = await call<List>(other, "list_sessions", { view: "tree" });
    return sessions.some((s) => s.parent_id !== undefined && s.status === "idle");
  });
  // It knows what was said up to there, and no more.
  const words = (await bench.transcript()).locator("article.assistant").last();
  await words.getByText("hold gate").waitFor();
  assert.equal(await words.getByText("Fix the clock").count(), 0);
});

story("a session of a terminal appears within two seconds", seen, async () => {
  const projects = join(place.config, "projects");
  const files = () => (existsSync(projects) ? readdirSync(projects, { recursive: true }).filter((f) => String(f).endsWith(".jsonl")).length : 0);
  const before = files();
  execFile(place.env.CLAUDE_SESSIONS_CLAUDE!, ["-p", "Hello from a terminal"], { cwd: place.work, env: place.env });
  await until(() => files() > before);
  const began = Date.now();
  await bench.row("Sessions", /Hello from a terminal/).waitFor();
  const took = Date.now() - began;
  console.log(`# seen after ${took} ms`);
  assert.ok(took < 2000, `it was seen after ${took} ms`);
});

story("filters: by words, and all again", seen, async () => {
  await bench.command("Claude Sessions: Filter Sessions…");
  await bench.page.locator(".quick-input-widget:visible input").first().fill("terminal");
  await bench.choose("Words: terminal");
  await bench.row("Sessions", /Flaky tests/).first().waitFor({ state: "hidden" });
  await bench.row("Sessions", /Hello from a terminal/).waitFor();
  await bench.command("Claude Sessions: Change or Clear Filter…");
  await bench.page.locator(".quick-input-widget:visible input").first().fill("");
  await bench.choose("Show all");
  await bench.row("Sessions", /Flaky tests/).first().waitFor();
});

story("archived, it goes; deleted, it is gone for good", seen, async () => {
  await bench.menu(bench.row("Sessions", /Hello from a terminal/), "Archive");
  await bench.row("Sessions", /Hello from a terminal/).waitFor({ state: "hidden" });
  await bench.command("Claude Sessions: Show Archived");
  const away = bench.row("Sessions", /Hello from a terminal.*archived/);
  await away.waitFor();
  await bench.menu(away, "Delete…");
  await bench.page.getByRole("dialog").getByRole("button", { name: "Delete with Transcript" }).click();
  await away.waitFor({ state: "hidden" });
  const other = await place.client();
  const { sessions } = await call<List>(other, "list_sessions", { archived: "any" });
  assert.ok(!sessions.some((s) => s.title.startsWith("Hello")));
});

story("the transcript keeps the rules of accessibility, in every theme", seen, async () => {
  for (const theme of ["Dark Modern", "Light Modern", "Dark High Contrast", "Light High Contrast"]) {
    await bench.theme(theme);
    await bench.sidebar();
    await bench.closeEditors();
    await bench.row("Sessions", /Flaky tests/).first().click();
    const frame = await bench.transcript();
    const tool = frame.locator("summary").filter({ hasText: "clock.go" });
    await tool.waitFor();
    await tool.click();
    assert.deepEqual(await violations(frame), [], theme);
    await bench.shot(`transcript ${theme}`.toLowerCase().replaceAll(" ", "-"));
  }
  await bench.theme("Dark Modern");
  await bench.sidebar();
});

story("find goes to what was said", seen, async () => {
  await bench.row("Sessions", /Flaky tests/).first().click();
  const frame = await bench.transcript();
  await frame.locator("main").click();
  await bench.page.keyboard.press("Control+f");
  const box = frame.getByRole("searchbox");
  await box.fill("hold gate");
  await frame.getByRole("status").filter({ hasText: "1 of 1" }).waitFor();
  await box.press("Escape");
});

story("the server is killed: the views come back by themselves", seen, async () => {
  const [pid] = place.servers();
  assert.ok(pid);
  process.kill(pid, "SIGKILL");
  const other = await place.client();
  await call(other, "start_session", { prompt: "!say Still here.", name: "after-the-crash", cwd: place.work, wait_seconds: 0 });
  await bench.row("Sessions", /after-the-crash/).waitFor();
  await until(() => place.servers().length === 1);
  assert.notEqual(place.servers()[0], pid);
});

story("the window is reloaded: one extension host, one server, and the transcript is back", seen, async () => {
  await bench.row("Sessions", /Flaky tests/).first().click();
  await bench.transcript();
  await bench.kept("claudeSessions.transcript");
  await bench.reload();
  await bench.sidebar();
  await bench.row("Sessions", /after-the-crash/).waitFor();
  await (await bench.transcript()).getByRole("heading", { name: "What I found" }).waitFor();
  await until(() => place.extensionHosts().length === 1 && place.servers().length === 1);
  await pause(1000); // nothing more comes
  assert.equal(place.servers().length, 1);
});

story("VS Code's own agent has the tools", seen, async () => {
  await bench.mcpServerRuns("Sessions");
  await bench.shot("agent");
});

story("no request left the machine", seen, () => {
  assert.deepEqual([...bench.outside], []);
});
