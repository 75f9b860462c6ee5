import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  contributes: { commands: { command: string }[]; menus: Record<string, { command: string }[]>; keybindings: { command: string }[]; configuration: { properties: Record<string, { scope: string }> } };
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
};
const sources = readdirSync(new URL("../../src", import.meta.url), { recursive: true }).map(String).filter((f) => f.endsWith(".ts")).map((f) => read(`src/${f}`));

test("the manifest is what its script makes", () => {
  const before = read("package.json");
  execFileSync(process.execPath, ["scripts/manifest.mjs"], { cwd: new URL("../..", import.meta.url) });
  expect(read("package.json")).toBe(before);
});

test("every command does something, and every menu and link names one that there is", () => {
  const declared = manifest.contributes.commands.map((c) => c.command);
  const handled = new Set(sources.join("\n").match(/^ {4}(\w+): /gm)?.map((m) => `claudeSessions.${m.trim().slice(0, -1)}`));
  for (const command of declared) expect(handled, command).toContain(command);
  const used = [...Object.values(manifest.contributes.menus).flat(), ...manifest.contributes.keybindings].map((m) => m.command);
  const linked = [...read("package.nls.json").matchAll(/command:(claudeSessions\.\w+)\)/g)].map((m) => m[1]!);
  for (const command of [...used, ...linked]) expect(declared, command).toContain(command);
});

test("every key of the manifest has its words, and no words are left over", () => {
  const keys = [...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map((m) => m[1]!);
  expect([...new Set(keys)].sort()).toEqual(Object.keys(JSON.parse(read("package.nls.json")) as object).sort());
});

test("every string of the sources is in the bundle for translators", async () => {
  const script = new URL("../../scripts/l10n.mjs", import.meta.url).href;
  const { strings } = (await import(script)) as { strings: () => Record<string, string> };
  expect(JSON.parse(read("l10n/bundle.l10n.json"))).toEqual(strings());
});

test("what is started cannot be set by an untrusted workspace", () => {
  const { properties } = manifest.contributes.configuration;
  const programs = Object.keys(properties).filter((name) => name !== "claudeSessions.notifications");
  expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.sort()).toEqual(programs.sort());
  for (const name of programs) expect(properties[name]?.scope, name).toBe("machine");
});

test("activate wires, and nothing else", () => {
  expect(read("src/extension.ts").split("\n").length).toBeLessThan(60);
});
