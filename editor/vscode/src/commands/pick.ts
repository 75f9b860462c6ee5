// The session that a command is for: the row it was called on, the one selected, or one that is picked.

import * as vscode from "vscode";
import { busy, description } from "../core/format";
import type { Cost, Row, SessionPage } from "../core/types";
import type { Parts } from "./index";

/** Stands for the row that a command was called on when VS Code has let go of it: it was drawn anew meanwhile. */
export const gone = Symbol("a row that is gone");

/** What is selected, or left, may be quite another thing than the one that was meant: nothing is done. */
export function missed(): undefined {
  void vscode.window.showInformationMessage(vscode.l10n.t("The row changed just then, and nothing was done. Choose it once more."));
}

export async function target(parts: Parts, argument: unknown, only?: (row: Row) => boolean): Promise<Row | undefined> {
  if (argument === gone) return missed();
  const id = idOf(argument) ?? (argument === undefined && parts.sessions.view.visible ? idOf(parts.sessions.view.selection[0]) : undefined);
  if (id) return rowOf(parts, id);
  return pick(parts, only);
}

/** All rows that are selected, if the one called on is among them. */
export async function targets(parts: Parts, argument: unknown, selected: unknown): Promise<Row[]> {
  const ids = Array.isArray(selected) ? selected.map(idOf).filter((id) => id !== undefined) : [];
  if (ids.length > 1 && argument !== gone) return (await Promise.all(ids.map((id) => rowOf(parts, id)))).filter((r) => r !== undefined);
  const one = await target(parts, argument);
  return one ? [one] : [];
}

function idOf(argument: unknown): string | undefined {
  if (typeof argument === "string") return argument;
  const node = argument as { kind?: string; id?: string } | undefined;
  return node?.kind === "session" ? node.id : undefined;
}

async function rowOf({ app }: Parts, id: string): Promise<Row | undefined> {
  const known = app.catalog.get(id) ?? app.busy.row(id);
  if (known) return known;
  const { session } = await app.server.call<{ session: Row & { usage?: Cost } }>("get_session", { session: id });
  return { ...session, cost_usd: session.usage?.cost_usd, cost_estimated: session.usage?.cost_estimated };
}

type Item = vscode.QuickPickItem & { row?: Row };

/** A session of all, found by words as they are typed. */
export async function pick({ app }: Parts, only?: (row: Row) => boolean): Promise<Row | undefined> {
  const box = vscode.window.createQuickPick<Item>();
  box.placeholder = vscode.l10n.t("A session: words of its name, title or prompts");
  box.matchOnDescription = true;
  let asked = 0;
  const look = async () => {
    const mine = ++asked;
    box.busy = true;
    const page = await app.server.call<SessionPage>("list_sessions", { query: box.value || undefined, limit: 50 });
    if (mine !== asked) return;
    box.items = page.sessions.filter(only ?? (() => true)).map((row) => item(row));
    box.busy = false;
  };
  try {
    return await new Promise<Row | undefined>((resolve, reject) => {
      box.onDidChangeValue(() => void look().catch(reject));
      box.onDidAccept(() => resolve(box.selectedItems[0]?.row));
      box.onDidHide(() => resolve(undefined));
      box.show();
      look().catch(reject);
    });
  } finally {
    box.dispose();
  }
}

function item(row: Row): Item {
  const icon = busy(row.status) ? "$(loading) " : "";
  return { label: icon + row.title, description: description(row, new Date(), true), alwaysShow: true, row };
}
