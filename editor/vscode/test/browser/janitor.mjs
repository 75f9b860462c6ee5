// Ends what a place has started, when the place ends or its test dies, however that comes: the test holds the other end
// of standard input, which closes with it. What has the place's folder in its environment was started by the test or by
// what it started (servers, engines that have detached, Claude Code, VS Code, the browser), and nothing else has it.
// node janitor.mjs FOLDER

import { readdirSync, readFileSync, rmSync } from "node:fs";

const dir = process.argv[2];
if (!dir?.startsWith("/tmp/csv-")) throw new Error("which folder?");
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

function left() {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(dir);
    } catch {
      return false; // gone, or somebody else's
    }
  });
}

function signalAll(name) {
  for (const pid of left()) {
    try {
      process.kill(Number(pid), name);
    } catch {
      // gone meanwhile
    }
  }
}

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {}); // they reach the test, whose end is waited for
process.stdin.resume();
await new Promise((resolve) => process.stdin.on("close", resolve));
signalAll("SIGTERM");
const patience = 2000; // an engine would give its turns longer, but nothing here is worth waiting for
for (const end = Date.now() + patience; left().length > 0; await pause(50)) if (Date.now() > end) signalAll("SIGKILL");
rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
