// Another server by the settings, and the end of all.

import assert from "node:assert/strict";
import { copyFileSync, readlinkSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as vscode from "vscode";
import { alive, extension, inside, row, serverProcess, until } from "./inside";

const config = () => vscode.workspace.getConfiguration("claudeSessions");
const set = (name: string, value: unknown) => config().update(name, value, vscode.ConfigurationTarget.Global);
const program = (pid: number) => readlinkSync(`/proc/${pid}/exe`);
const packed = join(extension.extensionPath, "bin", "mcp-server");

test("another server is a setting; the one before is ended, and the rows stay", async () => {
  const first = await serverProcess();
  assert.equal(program(first), packed);
  const other = join(process.env.TMPDIR!, "other-server");
  copyFileSync(packed, other);
  await set("serverPath", other);
  const second = await serverProcess(first);
  assert.equal(program(second), other);
  assert.ok(!alive(first));
  await row("parent");
  await set("serverPath", undefined);
  const third = await serverProcess(second);
  assert.equal(program(third), packed);
});

test("a server that is not there is said to be missing, until it is", async () => {
  const { app } = await inside();
  const before = await serverProcess();
  const states: string[] = [];
  const listening = app.state.on((s) => states.push(s));
  const path = join(process.env.TMPDIR!, "not-yet");
  await set("serverPath", path);
  await until("it is missing", () => (states.includes("noServer") ? true : undefined));
  assert.ok(!alive(before));
  symlinkSync(packed, path);
  await serverProcess();
  await set("serverPath", undefined);
  await until("the packed one is back", () => (app.server.state.is === "ready" && app.server.state.pid && program(app.server.state.pid) === packed ? true : undefined));
  listening.dispose();
});

test("deactivated, it has ended its server", async () => {
  const pid = await serverProcess();
  const load = createRequire(__filename);
  const { deactivate } = load(join(extension.extensionPath, "dist", "extension.js")) as { deactivate: () => Promise<void> };
  await deactivate();
  assert.ok(!alive(pid));
});
