// The questions of a session, one box each.

import * as vscode from "vscode";
import { questions } from "../core/request";
import type { Question, Request } from "../core/types";

/** What a person answers, by question. undefined when they have put it off. */
export async function askQuestions(request: Request): Promise<Record<string, string> | undefined> {
  const answers: Record<string, string> = {};
  const all = questions(request);
  for (const [i, q] of all.entries()) {
    const said = await ask(q, all.length > 1 ? ` (${i + 1}/${all.length})` : "");
    if (said === undefined) return undefined;
    answers[q.question] = said;
  }
  return answers;
}

async function ask(q: Question, step: string): Promise<string | undefined> {
  const title = (q.header ?? vscode.l10n.t("Question")) + step;
  if (!q.options?.length) return vscode.window.showInputBox({ title, prompt: q.question, ignoreFocusOut: true });
  const other = vscode.l10n.t("$(edit) Something else…");
  const items = [...q.options.map((o) => ({ label: o.label, detail: o.description })), { label: other, detail: undefined }];
  const options = { title, placeHolder: q.question, ignoreFocusOut: true };
  const chosen = q.multi_select
    ? await vscode.window.showQuickPick(items, { ...options, canPickMany: true })
    : await vscode.window.showQuickPick(items, options).then((one) => one && [one]);
  if (!chosen) return undefined;
  const labels = chosen.map((c) => c.label);
  if (!labels.includes(other)) return labels.join(", ");
  const own = await vscode.window.showInputBox({ title, prompt: q.question, ignoreFocusOut: true });
  return own === undefined ? undefined : [...labels.filter((l) => l !== other), own].join(", ");
}
