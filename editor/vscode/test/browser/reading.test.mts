// Reading a transcript: sub-agents in the call that began them, and what was found, where it was said.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Frame } from "playwright-core";
import { call, Place, until } from "./place.mts";
import { story, violations, Workbench } from "./workbench.mts";

const long = "eeeeeeee-0000-4000-8000-000000000000";
const turns = 300;

let place: Place;
let bench: Workbench;
const seen = () => bench;

/** A conversation of many turns, in one of which something is said that nowhere else is. */
function writeLong(place: Place): void {
  const folder = join(place.config, "projects", "-w");
  mkdirSync(folder, { recursive: true });
  const lines: string[] = [];
  let parentUuid: string | null = null;
  const add = (type: string, content: unknown) => {
    const uuid = `eeeeeeee-0000-4000-8001-${String(lines.length).padStart(12, "0")}`;
    const timestamp = new Date(Date.now() - 7_200_000 + lines.length * 1000).toISOString();
    lines.push(JSON.stringify({ type, uuid, parentUuid, sessionId: long, cwd: place.work, timestamp, message: { role: type, content } }));
    parentUuid = uuid;
  };
  for (let n = 1; n <= turns; n++) {
    add("user", `Question ${n} of the long talk`);
    add("assistant", [{ type: "text", text: n === 120 ? "The **xylophone** stands in the cellar, beside the clock." : `Answer ${n}: the clock goes on, and the test does not know.` }]);
  }
  writeFileSync(join(folder, `${long}.jsonl`), lines.join("\n") + "\n");
}

before(async () => {
  place = await Place.make({ prepare: writeLong });
  bench = await Workbench.open(place);
  await bench.sidebar();
});
after(async () => {
  await bench?.close();
  await place?.end();
});

const reading = (title: RegExp): Promise<Frame> => bench.transcriptOf(title);

story("a sub-agent's conversation unfolds in the call that began it, and goes on there", seen, async () => {
  const other = await place.client();
  writeFileSync(join(place.work, "report"), "It **ticks**, beside the marimba.");
  const task = `!say I look at the *clock*.\n!tool Bash {"command":"echo tick"}\n!hold report\n!sayfile ${join(place.work, "report")}`;
  const use = { description: "Look at the clock", subagent_type: "general-purpose", run_in_background: false, prompt: task };
  await call(other, "start_session", { name: "delegate", prompt: `!tool Agent ${JSON.stringify(use)}\n!say It was looked at.`, cwd: place.work, allowed_tools: ["Agent", "Task", "Bash"], wait_seconds: 0 });
  await bench.row("Sessions", /delegate/).click();
  const frame = await reading(/^delegate$/);
  const summary = frame.locator("summary").filter({ hasText: "Look at the clock" });
  await summary.getByText("Sub-agent").waitFor(); // it is linked while it works
  await summary.focus();
  await bench.page.keyboard.press("Enter");
  const inside = frame.getByRole("region", { name: "Sub-agent" });
  await inside.getByText("I look at the clock").waitFor();
  await inside.locator("summary").filter({ hasText: "echo tick" }).waitFor();
  await place.release("report");
  await inside.getByText("It ticks,").waitFor();
  await bench.row("Sessions", /delegate.*idle/).waitFor();
  await frame.getByText("It was looked at.", { exact: true }).waitFor();
  assert.equal(await inside.getByText("It ticks,").count(), 1, "it is still unfolded, once");
  assert.deepEqual(await violations(frame), []);
  await bench.shot("subagent");
  await inside.getByRole("button", { name: "Open in a tab" }).click();
  const tab = await reading(/delegate: agent-/);
  await tab.getByText("It ticks,").waitFor();
  await bench.closeEditors();
  await search("marimba");
  await (await reading(/delegate: agent-/)).locator("article.here").getByText("It ticks,").waitFor();
  await bench.closeEditors();
});

async function search(words: string): Promise<void> {
  await bench.command("Claude Sessions: Search in Conversations…");
  await bench.page.locator(".quick-input-widget:visible input").first().fill(words);
  await bench.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: words }).first().click();
}

story("find looks into the sub-agent that is unfolded, and finds nothing twice", seen, async () => {
  const other = await place.client();
  const task = `!tool Bash {"command":"printf clavi%s chord"}\n!say The gamelan is in tune.`;
  const use = { description: "Listen to it", subagent_type: "general-purpose", run_in_background: false, prompt: task };
  await call(other, "start_session", { name: "listen", prompt: `!tool Agent ${JSON.stringify(use)}\n!say So the gamelan plays.`, cwd: place.work, allowed_tools: ["Agent", "Task", "Bash"], wait_seconds: 45 });
  await bench.row("Sessions", /^listen/).click();
  const frame = await reading(/^listen$/);
  const summary = frame.locator("summary").filter({ hasText: "Listen to it" });
  await summary.getByText("Sub-agent").waitFor();
  const box = frame.getByRole("searchbox");
  const told = (text: string) => frame.getByRole("status").filter({ hasText: text }).waitFor();
  await frame.locator("main").click();
  await bench.page.keyboard.press("Control+f");
  await box.fill("clavichord");
  await told("not found");
  await summary.click();
  const inside = frame.getByRole("region", { name: "Sub-agent" });
  const tool = inside.locator("details").filter({ hasText: "printf" });
  await tool.waitFor();
  await box.press("Enter");
  await told("1 of 1");
  await tool.getByLabel("Result").getByText("clavichord").waitFor(); // it was folded
  assert.deepEqual(await here(frame), { text: "clavichord", inside: true, seen: true });
  // The prompt; the sub-agent's task and words, which are not counted in the call, too; what was said after it.
  await box.fill("gamelan");
  for (const [key, number, inside] of [["", 4, false], ["Enter", 3, true], ["Enter", 2, true], ["Enter", 1, false], ["Shift+Enter", 2, true]] as const) {
    if (key) await box.press(key);
    await told(`${number} of 4`);
    assert.deepEqual(await here(frame), { text: "gamelan", inside, seen: true }, `${number} of 4`);
  }
  assert.deepEqual(await violations(frame), []);
  await bench.shot("find");
  await bench.closeEditors();
});

/** The words that find has come to, and where they are. */
const here = (frame: Frame) => frame.evaluate(() => {
  const [range] = (CSS.highlights.get("find-here") ?? []) as Iterable<Range>;
  if (!range) return undefined;
  const { top, bottom } = range.getBoundingClientRect();
  const main = document.querySelector("main")!.getBoundingClientRect();
  return { text: range.toString(), inside: range.startContainer.parentElement!.closest(".subagent") !== null, seen: bottom > top && top >= main.top && bottom <= main.bottom };
});

story("what is found opens where it was said, and is read on from there", seen, async () => {
  await search("xylophone");
  const frame = await reading(/the long talk/);
  const found = frame.locator("article.here");
  await found.getByText("stands in the cellar").waitFor();
  const within = () => found.evaluate((node) => {
    const { top, bottom } = node.getBoundingClientRect();
    const main = document.querySelector("main")!.getBoundingClientRect();
    return top >= main.top && bottom <= main.bottom && document.activeElement === node && CSS.highlights.get("find")?.size === 1;
  });
  await until(within, 10_000, "it is seen, has the focus, and its words are marked");
  assert.deepEqual(await violations(frame), []);
  await bench.shot("found");
  // Both sides of it are read as they come into sight.
  const main = frame.locator("main");
  await main.evaluate((node) => (node.scrollTop = node.scrollHeight));
  await frame.getByText("Answer 160:").waitFor({ state: "attached" });
  await main.evaluate((node) => (node.scrollTop = 0));
  await frame.getByText("Answer 80:").waitFor({ state: "attached" });
  assert.equal(await frame.getByText(`Answer ${turns}:`).count(), 0);
  await frame.getByRole("button", { name: "To the newest" }).click();
  await frame.getByText(`Answer ${turns}:`).waitFor();
});

story("found in a transcript that is open, it is gone to there", seen, async () => {
  await search("xylophone");
  const frame = await reading(/the long talk/);
  await frame.locator("article.here").getByText("stands in the cellar").waitFor();
  assert.equal(await bench.page.locator(".tabs-container .tab").count(), 1);
  // It is said nowhere else: find reads all that is older, and then says again where it is.
  await bench.page.keyboard.press("Control+f");
  const box = frame.getByRole("searchbox");
  await box.fill("xylophone");
  await frame.getByRole("status").filter({ hasText: "1 of 1" }).waitFor();
  await box.press("Enter");
  await frame.getByText("The beginning", { exact: true }).waitFor({ state: "attached" });
  await frame.getByRole("status").filter({ hasText: "1 of 1" }).waitFor();
});
