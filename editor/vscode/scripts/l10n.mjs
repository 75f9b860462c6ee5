// Writes l10n/bundle.l10n.json: every string that the extension shows, by itself, for translators to copy.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

process.chdir(new URL("..", import.meta.url).pathname);
export function strings() {
  const found = new Set();
  for (const file of readdirSync("src", { recursive: true })) {
    if (!file.endsWith(".ts") || file.startsWith("webview")) continue;
    const text = readFileSync(`src/${file}`, "utf8");
    for (const [, quoted] of text.matchAll(/\bt\(\s*("(?:[^"\\]|\\.)*")/g)) found.add(JSON.parse(quoted));
  }
  return Object.fromEntries([...found].sort().map((s) => [s, s]));
}
if (process.argv[1]?.endsWith("l10n.mjs")) writeFileSync("l10n/bundle.l10n.json", JSON.stringify(strings(), null, 2) + "\n");
