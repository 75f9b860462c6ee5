// Rows of the trees.

import * as vscode from "vscode";
import { busy, description, spoken, tooltip } from "../core/format";
import { folderName } from "../core/paths";
import { fileNote, notices } from "../core/notices";
import type { Details, Row, Status } from "../core/types";

export type Node = { kind: "session"; id: string } | { kind: "folder"; path: string } | { kind: "more"; page: number };

/** The scheme of the row that stands for what is not listed yet. */
export const moreScheme = "claude-sessions-more";

export function statusIcon(status: Status): vscode.ThemeIcon {
  const [icon, color] = icons[status];
  return new vscode.ThemeIcon(icon, color ? new vscode.ThemeColor(color) : undefined);
}

const icons: Record<Status, [string, string?]> = {
  idle: ["comment-discussion"],
  queued: ["clock", "charts.blue"],
  running: ["loading~spin", "charts.blue"],
  waiting: ["bell-dot", "list.warningForeground"],
  failed: ["error", "list.errorForeground"],
  interrupted: ["debug-pause", "charts.orange"],
  missing: ["question", "disabledForeground"],
};

export function sessionItem(row: Row, forks: number, expanded: boolean, withFolder: boolean, now: Date): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(row.title, forks === 0 ? None : expanded ? Expanded : Collapsed);
  item.id = row.session_id;
  item.description = description(row, now, withFolder);
  item.iconPath = row.archived ? new vscode.ThemeIcon("archive") : statusIcon(row.status);
  item.contextValue = ["session", busy(row.status) ? "busy" : "free", row.archived ? "archived" : "kept"].join(" ");
  item.accessibilityInformation = { label: spoken(row, now, forks), role: "treeitem" };
  item.command = { command: "claudeSessions.openTranscript", title: vscode.l10n.t("Open Transcript"), arguments: [{ kind: "session", id: row.session_id }] };
  return item;
}

/** Made only when somebody looks. details: what is known besides, of limits and the file. */
export function sessionTooltip(row: Row, details?: Details): vscode.MarkdownString {
  const now = new Date();
  const news = details ? [...notices(details, now).map((n) => n.text), fileNote(details, now)] : [];
  return new vscode.MarkdownString(tooltip(row, now, news.filter((text) => text !== undefined)));
}

export function folderItem(path: string, count: number): vscode.TreeItem {
  const item = new vscode.TreeItem(folderName(path), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `folder:${path}`;
  item.description = String(count);
  item.tooltip = path;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.contextValue = "folder";
  item.accessibilityInformation = { label: vscode.l10n.t("folder {0}, {1} sessions", path, count), role: "treeitem" };
  return item;
}

export function moreItem(page: number, left: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t("{0} more…", left));
  item.id = `more:${page}`;
  item.resourceUri = vscode.Uri.from({ scheme: moreScheme, path: `/${page}` });
  item.iconPath = new vscode.ThemeIcon("ellipsis");
  item.command = { command: "claudeSessions.showMore", title: vscode.l10n.t("Show More") };
  item.accessibilityInformation = { label: vscode.l10n.t("{0} more sessions, press Enter to show some", left), role: "treeitem" };
  return item;
}
