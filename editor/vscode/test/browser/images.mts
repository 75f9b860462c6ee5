// Makes the pictures of docs/images: run.sh test/browser/images.mts. A made-up day of work: nothing of it is anybody's.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { call, Place, root, until } from "./place.mts";
import { Workbench } from "./workbench.mts";

const images = resolve(root, "../../docs/images");
let place: Place;
let bench: Workbench;

interface Said {
  by: "user" | "assistant";
  text?: string;
  use?: { name: string; input: object; result: string };
}

const hex = (n: number, width = 12): string => n.toString(16).padStart(width, "0");
let entries = 0;

/** Lines of a transcript after those of a parent, which a fork begins with. */
function talk(sessionId: string, minutesAgo: number, says: Said[], before: string[] = []): string[] {
  const lines = before.map((line) => JSON.stringify({ ...(JSON.parse(line) as object), sessionId }));
  let parentUuid = before.length > 0 ? (JSON.parse(before.at(-1)!) as { uuid: string }).uuid : null;
  const add = (type: string, content: unknown) => {
    const uuid = `cccccccc-0000-4000-8000-${hex(++entries)}`;
    const timestamp = new Date(Date.now() - minutesAgo * 60_000 + entries * 400).toISOString();
    const message = type === "user" ? { role: type, content } : { id: `m${entries}`, role: type, model: "claude-opus-5-5", content, usage: { input_tokens: 9, cache_read_input_tokens: 18_400 + 230 * entries, output_tokens: 212 + entries } };
    lines.push(JSON.stringify({ type, uuid, parentUuid, sessionId, cwd: place.work, timestamp, message }));
    parentUuid = uuid;
  };
  for (const { by, text, use } of says) {
    if (text) add(by, by === "user" ? text : [{ type: "text", text }]);
    if (!use) continue;
    const id = `tool${entries}`;
    add("assistant", [{ type: "tool_use", id, name: use.name, input: use.input }]);
    add("user", [{ type: "tool_result", tool_use_id: id, content: use.result }]);
  }
  return lines;
}

function fill(): void {
  const folder = join(place.config, "projects", "-w");
  mkdirSync(folder, { recursive: true });
  const write = (n: number, minutesAgo: number, says: Said[], before?: string[]) => {
    const id = `dddddddd-0000-4000-8000-${hex(n)}`;
    const lines = talk(id, minutesAgo, says, before);
    writeFileSync(join(folder, `${id}.jsonl`), lines.join("\n") + "\n");
    return lines;
  };
  const path = join(place.work, "clock_test.go");
  const flaky = write(1, 40, [
    { by: "user", text: "Why is TestExpiry flaky?" },
    { by: "assistant", text: "I run it a hundred times to see how it fails.", use: { name: "Bash", input: { command: "go test -run TestExpiry -count 100 ./store", description: "Run the test many times" }, result: "--- FAIL: TestExpiry (0.00s)\n    clock_test.go:41: lease is still held\nFAIL" } },
    { by: "assistant", text: "## It reads two clocks\n\nThe lease is made with the **store's** clock, and the test waits on the machine's:\n\n```go\nlease := s.Acquire(id, ttl) // s.Now()\ntime.Sleep(ttl)             // time.Now()\nif s.Held(id) {\n\tt.Error(\"lease is still held\")\n}\n```\n\nWhen the machine is busy, the sleep ends a little before the lease does. Two ways out:\n\n1. give the test the store's clock, and move it by hand\n2. poll until the lease is gone, with a deadline" },
  ]);
  write(2, 12, [
    { by: "user", text: "Take the first way: one clock, moved by hand." },
    { by: "assistant", use: { name: "Edit", input: { file_path: path, old_string: "\tlease := s.Acquire(id, ttl)\n\ttime.Sleep(ttl)\n\tif s.Held(id) {", new_string: "\tclock := &fakeClock{}\n\ts.Now = clock.Now\n\tlease := s.Acquire(id, ttl)\n\tclock.Advance(ttl)\n\tif s.Held(id) {" }, result: "The file has been updated." } },
    { by: "assistant", use: { name: "Bash", input: { command: "go test -run TestExpiry -count 1000 ./store" }, result: "ok  \tstore\t0.412s" } },
    { by: "assistant", text: "A thousand runs, none failed. The test takes no time now, as nothing sleeps:\n\n| | before | after |\n|---|---|---|\n| failures in 1,000 | 31 | **0** |\n| time | 52 s | 0.4 s |" },
  ], flaky);
  write(3, 9, [{ by: "user", text: "Take the second way: poll with a deadline." }, { by: "assistant", text: "Done: it polls for at most a second." }], flaky);
  write(4, 90, [{ by: "user", text: "Write the release notes for 2.4" }, { by: "assistant", text: "They are in CHANGELOG.md." }]);
  write(5, 400, [{ by: "user", text: "Explain the import order of the packages" }, { by: "assistant", text: "It runs downward only." }]);
}

before(async () => {
  place = await Place.make({ flags: ["--request-timeout=10m"] });
  fill();
  const other = await place.client();
  const list = () => call<{ total: number }>(other, "list_sessions", {});
  await until(async () => (await list()).total === 5);
  const title = (n: number, name: string, tag?: string) => call(other, "update_session", { session: `dddddddd-0000-4000-8000-${hex(n)}`, title: name, add_tags: tag ? [tag] : undefined });
  await title(1, "Why is TestExpiry flaky?", "tests");
  await title(2, "One clock, moved by hand");
  await title(3, "Poll with a deadline");
  const start = (name: string, prompt: string) => call(other, "start_session", { name, prompt, cwd: place.work, wait_seconds: 0 });
  await start("upgrade-the-linter", "!say Looking.\n!hold never");
  await start("clean-the-build", '!tool Bash {"command":"rm -rf build && make","description":"Build from nothing"}');
  bench = await Workbench.open(place, { width: 1200, height: 720 });
});
after(async () => {
  await bench?.close();
  await place?.end();
});

test("the sidebar and a transcript", async () => {
  mkdirSync(images, { recursive: true });
  await bench.sidebar();
  await bench.notification("make").waitFor();
  const parent = bench.row("Sessions", /TestExpiry/);
  await parent.locator(".monaco-tl-twistie").click();
  await bench.row("Sessions", /One clock/).click();
  const frame = await bench.transcript();
  await frame.getByText("none failed").waitFor();
  await bench.page.mouse.move(700, 5);
  await bench.page.screenshot({ path: join(images, "sidebar.png") });
});
