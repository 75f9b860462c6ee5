// Before anything else: these must see the extension as VS Code has left it.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { alive, extension, inside, serverProcess } from "./inside";

interface Manifest {
  contributes: { commands: { command: string }[]; views: Record<string, { id: string }[]> };
}

test("it does nothing until it is asked for", () => {
  assert.equal(extension.isActive, false);
});

test("it is the packaged one, which brings its server along", async () => {
  assert.match(extension.extensionPath, /claude-sessions\.claude-sessions-/);
  await vscode.workspace.fs.stat(vscode.Uri.joinPath(extension.extensionUri, "bin", "mcp-server"));
});

test("activated, it is quick, and does not wait for its server", async () => {
  const before = process.cpuUsage();
  await extension.activate();
  const { user, system } = process.cpuUsage(before);
  const { app } = extension.exports;
  assert.equal(app.server.state.is, "starting");
  assert.ok(user + system < 500_000, `it took ${(user + system) / 1000} ms of the processor`);
});

test("the server is started by it, once", async () => {
  const pid = await serverProcess();
  assert.ok(alive(pid));
});

test("every command that it contributes does something", async () => {
  const { contributes } = extension.packageJSON as Manifest;
  const known = new Set(await vscode.commands.getCommands(true));
  const missing = contributes.commands.filter((c) => !known.has(c.command));
  assert.deepEqual(missing, []);
  assert.ok(contributes.commands.length > 30);
});

test("every view that it contributes can be shown", async () => {
  const { contributes } = extension.packageJSON as Manifest;
  for (const { id } of Object.values(contributes.views).flat()) await vscode.commands.executeCommand(`${id}.focus`);
  assert.ok((await inside()).sessions.view.visible);
});
