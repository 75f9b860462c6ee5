// What VS Code calls in its extension host (the contract of extensionTestsPath): runs the files beside this one, and
// writes a line of JSON for each test to the file that CLAUDE_SESSIONS_TEST_RESULTS names.

import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export async function run(): Promise<void> {
  const { default: Mocha } = await import("mocha");
  const mocha = new Mocha({ ui: "tdd", timeout: 60_000, reporter: "min" });
  for (const name of readdirSync(__dirname).sort()) if (name.endsWith(".host.js")) mocha.addFile(join(__dirname, name));
  const results = process.env.CLAUDE_SESSIONS_TEST_RESULTS!;
  const tell = (test: Mocha.Runnable, error?: Error) => {
    const line = { title: test.title, ms: test.duration, error: error && (error.stack ?? error.message) };
    appendFileSync(results, JSON.stringify(line) + "\n");
  };
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} failed`))));
    runner.on("pass", (test) => tell(test));
    runner.on("fail", (test, error: Error) => tell(test, error));
    runner.on("pending", (test) => tell(test, new Error("it was left out")));
  });
}
