// What a test leaves behind: nothing, also when it is killed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { root, until } from "./place.mts";

/** A test that has an engine at work, a server and Claude Code, and then hangs. */
const hangs = `
  import { call, Place, until } from "./place.mts";
  const place = await Place.make({ withoutCode: true });
  const client = await place.client();
  await call(client, "start_session", { prompt: "!hold never", cwd: place.work, wait_seconds: 0 });
  const names = () => place.processes(() => true).length;
  await until(() => place.processes((args) => args[1] === "engine").length === 1 && names() >= 4);
  console.log(place.dir);
  setInterval(() => {}, 1000);
`;

/** Processes that have words in their environment. */
function processes(words: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(words);
    } catch {
      return false;
    }
  });
}

test("a test that is killed leaves no process and no folder", async () => {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", hangs], { cwd: join(root, "test/browser"), stdio: ["ignore", "pipe", "inherit"] });
  const [dir] = (await once(createInterface(child.stdout), "line")) as [string];
  assert.ok(processes(dir).length >= 4);
  child.kill("SIGKILL");
  await until(() => processes(dir).length === 0 && !existsSync(dir), 20_000, "all is gone");
});
