// Open and take away: transcript, folder, terminal, id, export, search.

import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import * as vscode from "vscode";
import { runServer } from "../binary";
import type { Row } from "../core/types";
import { isHere } from "../here";
import type { Handlers, Parts } from "./index";
import { target } from "./pick";
import { search } from "./search";

export function goCommands(parts: Parts): Handlers {
  const on = (what: (row: Row) => Promise<void>) => async (argument?: unknown) => {
    const row = await target(parts, argument);
    if (row) await what(row);
  };
  return {
    openTranscript: on((row) => parts.transcripts.open(row.session_id, row.title)),
    copyId: on(async (row) => vscode.env.clipboard.writeText(row.session_id)),
    openFolder: on(async (row) => (isHere(row.cwd) ? openFolder(row) : elsewhere(row))),
    openTerminal: on(async (row) => (isHere(row.cwd) ? openTerminal(row) : elsewhere(row))),
    export: on((row) => exportSession(parts, row)),
    search: () => search(parts),
  };
}

function elsewhere(row: Row): void {
  void vscode.window.showWarningMessage(vscode.l10n.t("The session was recorded in {0}, which is no folder of this machine.", row.cwd));
}

async function openFolder(row: Row): Promise<void> {
  const uri = vscode.Uri.file(row.cwd);
  if (vscode.workspace.getWorkspaceFolder(uri)) await vscode.commands.executeCommand("revealInExplorer", uri);
  else await vscode.commands.executeCommand("vscode.openFolder", uri, { forceNewWindow: true });
}

function openTerminal(row: Row): void {
  const claude = vscode.workspace.getConfiguration("claudeSessions").get<string>("claudePath") || process.env.CLAUDE_SESSIONS_CLAUDE || "claude";
  const terminal = vscode.window.createTerminal({ name: row.title, cwd: row.cwd, shellPath: claude, shellArgs: ["--resume", row.session_id], iconPath: new vscode.ThemeIcon("comment-discussion") });
  terminal.show();
}

const formats: Record<string, string> = { md: "markdown", html: "html", json: "json", jsonl: "jsonl" };

async function exportSession({ app }: Parts, row: Row): Promise<void> {
  const name = row.title.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 60) || row.session_id;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir();
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export “{0}”", row.title),
    defaultUri: vscode.Uri.file(join(folder, `${name}.md`)),
    filters: { Markdown: ["md"], "HTML": ["html"], JSON: ["json"], "JSON Lines": ["jsonl"] },
  });
  if (!uri) return;
  const format = formats[uri.path.split(".").at(-1) ?? ""] ?? "markdown";
  const result = await runServer(app.context, ["export", `--format=${format}`, row.session_id]);
  if (result.code !== 0) throw new Error(result.err.trim() || vscode.l10n.t("The export failed."));
  await writeFile(uri.fsPath, result.out);
  const open = vscode.l10n.t("Open");
  if ((await vscode.window.showInformationMessage(vscode.l10n.t("Exported to {0}", basename(uri.fsPath)), open)) === open) {
    await vscode.commands.executeCommand("vscode.open", uri);
  }
}
