// What can be done about a limit that is near.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Lister } from "../core/catalog";
import { age, cost, dollars } from "../core/format";
import type { Remedy } from "../core/notices";
import type { Answer, Details, Message, TranscriptPage } from "../core/types";
import { isHere } from "../here";

export interface Patient {
  server: Lister;
  details: Details;
  send: (prompt: string) => Promise<void>;
  openSession: (id: string) => void;
}

export async function apply(remedy: Remedy, p: Patient): Promise<void> {
  switch (remedy) {
    case "compact":
      return p.send("/compact");
    case "forkEarlier":
      return forkEarlier(p);
    case "summarize":
      return summarize(p);
    case "raiseBudget":
      return raiseBudget(p);
    case "login":
      return void (await vscode.commands.executeCommand("claudeSessions.login"));
  }
}

/** A fork that ends before one of the prompts: it has what was said until then. */
async function forkEarlier({ server, details }: Patient): Promise<void> {
  const session = details.session.session_id;
  const page = await server.call<TranscriptPage>("read_transcript", { session, format: "json", roles: ["user", "assistant"], include_tools: "none", limit: 200, max_tokens: 60_000 });
  const items = beforePrompts(page.messages ?? []).map(({ prompt, at }) => ({
    label: (prompt.text ?? "").replace(/\s+/g, " ").slice(0, 120),
    description: prompt.time ? age(prompt.time, new Date()) : undefined,
    at,
  }));
  if (items.length === 0) return void vscode.window.showInformationMessage(vscode.l10n.t("There is no earlier turn to fork at."));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Fork before which prompt?"), matchOnDescription: true });
  if (chosen) await vscode.commands.executeCommand("claudeSessions.fork", { kind: "session", id: session }, chosen.at);
}

/** Prompts, the newest first, each with the uuid of what was said before it. */
export function beforePrompts(messages: readonly Message[]): { prompt: Message; at: string }[] {
  const found: { prompt: Message; at: string }[] = [];
  messages.forEach((prompt, i) => {
    const before = messages[i - 1];
    if (prompt.role === "user" && !prompt.local && before) found.unshift({ prompt, at: before.uuid });
  });
  return found;
}

async function summarize({ server, details: { session: s }, openSession }: Patient): Promise<void> {
  const prompt = await vscode.window.showInputBox({
    title: vscode.l10n.t("Start anew from a summary of “{0}”", s.title),
    prompt: vscode.l10n.t("What the new session is to do. A fork of this one makes the summary, which costs a turn; this one stays as it is."),
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() ? undefined : vscode.l10n.t("Say what it is to do.")),
  });
  if (!prompt) return;
  const cwd = isHere(s.cwd) ? s.cwd : vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const args = { prompt, from_session: s.session_id, cwd, model: s.settings?.model || undefined, permission_mode: s.settings?.permission_mode || undefined, wait_seconds: 0, idempotency_key: randomUUID() };
  openSession((await server.call<Answer>("start_session", args)).session.session_id);
}

async function raiseBudget({ server, details: { session: s } }: Patient): Promise<void> {
  const spent = s.usage.cost_usd ?? 0;
  const known = s.usage.cost_usd !== undefined;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t("Budget of “{0}” in dollars", s.title),
    prompt: known ? vscode.l10n.t("{0} are spent. 0: no limit.", cost(s.usage)) : vscode.l10n.t("How much is spent is not known. 0: no limit."),
    value: String(Math.ceil(2 * (s.settings?.session_budget_usd ?? spent))),
    validateInput: (value) => (budget(value, spent) === undefined ? vscode.l10n.t("Give a number that is more than {0}, or 0.", dollars(spent)) : undefined),
  });
  if (text !== undefined) await server.call("update_session", { session: s.session_id, session_budget_usd: budget(text, spent) });
}

/** A budget that leaves something to be spent; 0 is none. */
export function budget(text: string, spent: number): number | undefined {
  const value = Number(text.trim().replace(/^\$/, ""));
  return text.trim() !== "" && (value === 0 || value > spent) ? value : undefined;
}
