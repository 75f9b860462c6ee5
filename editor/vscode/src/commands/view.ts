// What the tree shows.

import * as vscode from "vscode";
import { statusWord } from "../core/format";
import type { Status } from "../core/types";
import type { Handlers, Parts } from "./index";

export function viewCommands({ app, sessions }: Parts): Handlers {
  return {
    refresh: () => app.reload(),
    showMore: () => app.catalog.more(),
    groupByFolder: () => sessions.set({ grouping: "folder" }),
    groupByRecency: () => sessions.set({ grouping: "recency" }),
    thisWorkspace: () => sessions.set({ workspaceOnly: true }),
    allFolders: () => sessions.set({ workspaceOnly: false }),
    showArchived: () => sessions.set({ archived: true }),
    hideArchived: () => sessions.set({ archived: false }),
    filter: () => filter({ app, sessions }),
    clearFilter: () => filter({ app, sessions }),
  };
}

interface Choice extends vscode.QuickPickItem {
  narrow?: { text?: string; status?: Status[]; tag?: string };
}

const statuses: Status[] = ["waiting", "running", "queued", "failed", "interrupted", "idle", "missing"];

/** One box: what is typed are words; below it statuses and tags to choose. */
async function filter({ app, sessions }: Pick<Parts, "app" | "sessions">): Promise<void> {
  const now = sessions.filterNow;
  const box = vscode.window.createQuickPick<Choice>();
  box.title = vscode.l10n.t("Filter Sessions");
  box.placeholder = vscode.l10n.t("Words of name, title, note or prompts, or choose below");
  const tags = [...new Set(app.catalog.all().flatMap((r) => r.tags ?? []))].sort();
  const list = () => {
    const words: Choice = { label: vscode.l10n.t("$(search) Words: {0}", box.value), alwaysShow: true, narrow: { text: box.value } };
    const all: Choice = { label: vscode.l10n.t("$(clear-all) Show all"), narrow: {} };
    box.items = [
      ...(box.value.trim() ? [words] : [all]),
      { label: vscode.l10n.t("Status"), kind: vscode.QuickPickItemKind.Separator },
      ...statuses.map((status) => ({ label: `$(circle-small) ${statusWord(status)}`, description: status, narrow: { status: [status] } })),
      { label: vscode.l10n.t("Tags"), kind: vscode.QuickPickItemKind.Separator },
      ...tags.map((tag) => ({ label: `$(tag) ${tag}`, narrow: { tag } })),
    ];
  };
  box.onDidChangeValue(list);
  box.value = now.text ?? "";
  list();
  box.onDidAccept(() => {
    const chosen = box.selectedItems[0]?.narrow;
    box.hide();
    if (chosen) void sessions.narrow(chosen);
  });
  box.onDidHide(() => box.dispose());
  box.show();
}
