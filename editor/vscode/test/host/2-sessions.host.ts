// What the views show, from the real server and the real Claude Code.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Answer, Details } from "../../src/core/types";
import { inside, row, rows, until } from "./inside";

const start = async (name: string, prompt: string): Promise<Answer> => {
  const { app } = await inside();
  const cwd = vscode.workspace.workspaceFolders![0]!.uri.fsPath;
  return app.server.call<Answer>("start_session", { name, prompt, cwd, wait_seconds: 0 });
};

const idle = (title: string) => until(`${title} is idle`, async () => ((await row(title)).row.status === "idle" ? true : undefined));

test("sessions of a terminal are rows, with an icon, words for a screen reader, and a tooltip when one looks", async () => {
  const { sessions } = await inside();
  const { node, item } = await row("What time is it?");
  assert.equal(item.collapsibleState, vscode.TreeItemCollapsibleState.None);
  assert.match(item.accessibilityInformation!.label, /^What time is it\?, idle/);
  assert.equal((item.iconPath as vscode.ThemeIcon).id, "comment-discussion");
  assert.equal(item.command?.command, "claudeSessions.openTranscript");
  assert.equal(item.tooltip, undefined);
  assert.ok((await sessions.resolveTreeItem(item, node)).tooltip instanceof vscode.MarkdownString);
});

test("one that runs is in Running with what it does, until it is interrupted", async () => {
  const { app, running } = await inside();
  await start("held", "!hold held\n!partial Half an answer.\n!hold more");
  await until("it is seen running", async () => ((await row("held")).row.status === "running" ? true : undefined));
  const [node] = await until("it is in Running", () => (running.getChildren().length > 0 ? running.getChildren() : undefined));
  assert.match(running.getTreeItem(node!).accessibilityInformation!.label, /^held, running/);
  const does = (words: string) => until(words, () => (String(running.getTreeItem(node!).description).endsWith(words) ? true : undefined));
  await does("thinking");
  await fetch(`${process.env.ANTHROPIC_BASE_URL}/loop/release?name=held`, { method: "POST" });
  await does("Half an answer.");
  await vscode.commands.executeCommand("claudeSessions.interrupt", node);
  await until("it is seen interrupted", async () => ((await row("held")).row.status === "interrupted" ? true : undefined));
  await until("Running is empty", () => (app.busy.running().length === 0 ? true : undefined));
});

test("a fork is below its parent, and reveal opens the way to it", async () => {
  const { app, sessions } = await inside();
  await start("parent", "!say Hello.");
  await idle("parent");
  const parent = await row("parent");
  const { session } = await app.server.call<Answer>("fork_session", { session: "parent", name: "child" });
  const [child] = await until("the fork is a row", async () => {
    const below = await rows(parent.node);
    return below.length > 0 ? below : undefined;
  });
  assert.equal(child!.row!.session_id, session.session_id);
  assert.equal(sessions.getParent(child!.node), parent.node);
  await sessions.reveal(session.session_id);
  assert.deepEqual(sessions.view.selection, [child!.node]);
});

test("by folder, the rows are below their folders", async () => {
  await vscode.commands.executeCommand("claudeSessions.groupByFolder");
  const [folder] = await rows();
  assert.equal(folder!.node.kind, "folder");
  assert.ok((await rows(folder!.node)).some((r) => r.row?.title === "parent"));
  await vscode.commands.executeCommand("claudeSessions.groupByRecency");
});

test("what is asked is in Waiting and on the badge; allowed by the command, it goes on", async () => {
  const { sessions, waiting } = await inside();
  const touch = { command: "touch made.txt", description: "Make a file" };
  await start("asks", `!tool Bash ${JSON.stringify(touch)}\n!say Made.`);
  const [node] = await until("it is in Waiting", () => (waiting.getChildren().length > 0 ? waiting.getChildren() : undefined));
  assert.match(waiting.getTreeItem(node!).accessibilityInformation!.label, /^asks asks: Bash: touch made\.txt/);
  assert.equal(sessions.view.badge?.value, 1);
  await vscode.commands.executeCommand("claudeSessions.allow", node);
  await idle("asks");
  await vscode.workspace.fs.stat(vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, "made.txt"));
  await until("Waiting is empty", () => (waiting.getChildren().length === 0 ? true : undefined));
  assert.equal(sessions.view.badge, undefined);
});

test("the id of a session is copied", async () => {
  const { node, row: found } = await row("parent");
  await vscode.commands.executeCommand("claudeSessions.copyId", node);
  assert.equal(await vscode.env.clipboard.readText(), found.session_id);
});

test("a transcript is a tab with the session's title", async () => {
  const { app } = await inside();
  await vscode.commands.executeCommand("claudeSessions.openTranscript", (await row("parent")).node);
  const tab = await until("the tab", () => vscode.window.tabGroups.all.flatMap((g) => g.tabs).find((t) => t.label === "parent"));
  assert.ok(tab.input instanceof vscode.TabInputWebview);
  const { session } = await app.server.call<Details>("get_session", { session: "parent" });
  assert.equal(session.turns, 1);
  await vscode.window.tabGroups.close(tab);
});
