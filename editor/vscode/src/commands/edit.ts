// Rename, tags, note, archive, delete.

import * as vscode from "vscode";
import type { Row, Session } from "../core/types";
import type { Handlers, Parts } from "./index";
import { target, targets } from "./pick";

export function editCommands(parts: Parts): Handlers {
  const update = (row: Row, change: Record<string, unknown>) => parts.app.server.call("update_session", { session: row.session_id, ...change });
  const each = (archived: boolean) => async (argument?: unknown, selected?: unknown) => {
    for (const row of await targets(parts, argument, selected)) await update(row, { archived });
  };
  return {
    rename: async (argument) => {
      const row = await target(parts, argument);
      const name = row && (await vscode.window.showInputBox({ title: vscode.l10n.t("Rename “{0}”", row.title), value: row.title, prompt: vscode.l10n.t("Its new title") }));
      if (row && name?.trim() && name !== row.title) await update(row, { title: name.trim() });
    },
    editTags: async (argument) => {
      const row = await target(parts, argument);
      if (row) await editTags(row, update);
    },
    editNote: async (argument) => {
      const row = await target(parts, argument);
      if (!row) return;
      const { session } = await parts.app.server.call<{ session: Session }>("get_session", { session: row.session_id });
      const note = await vscode.window.showInputBox({ title: vscode.l10n.t("Note on “{0}”", row.title), value: session.note ?? "", ignoreFocusOut: true });
      if (note !== undefined && note !== (session.note ?? "")) await update(row, { note });
    },
    archive: each(true),
    unarchive: each(false),
    delete: async (argument, selected) => {
      const rows = await targets(parts, argument, selected);
      if (rows.length > 0) await remove(parts, rows);
    },
  };
}

async function editTags(row: Row, update: (row: Row, change: Record<string, unknown>) => Promise<unknown>): Promise<void> {
  const before = row.tags ?? [];
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t("Tags of “{0}”", row.title),
    value: before.join(" "),
    prompt: vscode.l10n.t("Words, with spaces between them"),
  });
  if (text === undefined) return;
  const after = [...new Set(text.split(/[\s,#]+/).filter(Boolean))];
  const add = after.filter((tag) => !before.includes(tag));
  const gone = before.filter((tag) => !after.includes(tag));
  if (add.length + gone.length > 0) await update(row, { add_tags: add, remove_tags: gone });
}

async function remove(parts: Parts, rows: Row[]): Promise<void> {
  const forks = rows.reduce((n, row) => n + parts.app.catalog.forest.descendants(row.session_id), 0);
  const what = rows.length === 1 ? vscode.l10n.t("Delete “{0}”?", rows[0]!.title) : vscode.l10n.t("Delete {0} sessions?", rows.length);
  const also = forks > 0 ? vscode.l10n.t("Its forks ({0}) are deleted, too.", forks) + " " : "";
  const plain = vscode.l10n.t("Delete");
  const all = vscode.l10n.t("Delete with Transcript");
  const detail = also + vscode.l10n.t("What is remembered here is gone for good. Claude Code's own transcript stays, unless you delete it, too.");
  const chosen = await vscode.window.showWarningMessage(what, { modal: true, detail }, plain, all);
  if (!chosen) return;
  await parts.app.server.call("delete_sessions", {
    sessions: rows.map((r) => r.session_id),
    confirm: true,
    with_forks: forks > 0 ? true : undefined,
    delete_transcript: chosen === all ? true : undefined,
  });
}
