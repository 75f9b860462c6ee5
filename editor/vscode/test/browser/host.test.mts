// The tests of test/host, inside the extension host of a real VS Code, with the packaged extension, the real server and
// the real Claude Code. Each of them is told here by its own name.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Place, root, until } from "./place.mts";
import { Workbench } from "./workbench.mts";

interface Result {
  title: string;
  ms?: number;
  error?: string;
}

let place: Place;

before(async () => {
  // The driver is what lets a page name tests.
  place = await Place.make({ code: ["--vscode-option", "enable-smoke-test-driver"], prepare });
});
after(() => place?.end());

/** A session of a terminal, and the file for the results. */
function prepare(p: Place): void {
  p.env.CLAUDE_SESSIONS_TEST_RESULTS = join(p.dir, "results");
  const folder = join(p.config, "projects", "-w");
  mkdirSync(folder, { recursive: true });
  const [id, uuid] = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];
  const entry = { type: "user", uuid, parentUuid: null, sessionId: id, cwd: p.work, timestamp: new Date().toISOString(), message: { role: "user", content: "What time is it?" } };
  writeFileSync(join(folder, `${id}.jsonl`), JSON.stringify(entry) + "\n");
}

test("in the extension host", async (t) => {
  const installed = readdirSync(join(place.dir, "x")).find((name) => name.startsWith("claude-sessions."));
  assert.ok(installed, "the extension is installed");
  const run = Workbench.runInHost(place, join(place.dir, "x", installed), join(root, "out/host/index.js"));
  const late = new AbortController();
  const code = await Promise.race([run, pause(240_000, "late", { signal: late.signal })]).finally(() => late.abort());
  const lines = readFileSync(place.env.CLAUDE_SESSIONS_TEST_RESULTS!, "utf8").trim().split("\n");
  for (const { title, ms, error } of lines.map((line) => JSON.parse(line) as Result)) {
    await t.test(`${title} (${ms} ms there)`, () => {
      if (error) throw new Error(error);
    });
  }
  assert.equal(code, 0, "VS Code ended the tests with success");
});

test("no server is left when the window is closed", () => until(() => place.servers().length === 0));
