// What a new session is to be: prompt, folder, model, permission mode. The last choice stands first, so that Enter takes it.

import * as vscode from "vscode";

export interface StartArguments {
  prompt: string;
  cwd: string;
  model?: string;
  permission_mode?: string;
}

const lastKey = "claudeSessions.lastStart";

/** undefined when the person has changed their mind. */
export async function askStart(memory: vscode.Memento): Promise<StartArguments | undefined> {
  const last = memory.get<Partial<StartArguments>>(lastKey) ?? {};
  const title = (step: number) => vscode.l10n.t("Start a session ({0}/4)", step);
  const prompt = await vscode.window.showInputBox({ title: title(1), prompt: vscode.l10n.t("What it is to do"), ignoreFocusOut: true });
  if (!prompt?.trim()) return undefined;
  const cwd = await askFolder(title(2), last.cwd);
  if (!cwd) return undefined;
  const model = await askModel(title(3), last.model);
  if (model === undefined) return undefined;
  const mode = await askMode(title(4), last.permission_mode);
  if (mode === undefined) return undefined;
  await memory.update(lastKey, { cwd, model, permission_mode: mode });
  return { prompt, cwd, model: model || undefined, permission_mode: mode || undefined };
}

interface Choice extends vscode.QuickPickItem {
  value: string;
}

/** Asks with the last choice first. */
async function choose(title: string, placeHolder: string, choices: Choice[], last: string | undefined): Promise<string | undefined> {
  const first = choices.filter((c) => c.value === last).map((c) => ({ ...c, description: vscode.l10n.t("last choice") }));
  const items = [...first, ...choices.filter((c) => c.value !== last)];
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDetail: true, ignoreFocusOut: true }))?.value;
}

async function askFolder(title: string, last: string | undefined): Promise<string | undefined> {
  const open = (vscode.workspace.workspaceFolders ?? []).filter((f) => f.uri.scheme === "file").map((f) => f.uri.fsPath);
  const paths = [...new Set([...open, ...(last ? [last] : [])])];
  const other = "\0";
  const choices = paths.map((path) => ({ label: `$(folder) ${path}`, value: path }));
  const here = open.length > 0 && last && !open.includes(last) ? undefined : last;
  const chosen = await choose(title, vscode.l10n.t("Where it works"), [...choices, { label: vscode.l10n.t("$(folder-opened) Another folder…"), value: other }], here);
  if (chosen !== other) return chosen;
  const picked = await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title });
  return picked?.[0]?.fsPath;
}

async function askModel(title: string, last: string | undefined): Promise<string | undefined> {
  const other = "\0";
  const choices: Choice[] = [{ label: vscode.l10n.t("Claude Code's default model"), value: "" }, ...["opus", "sonnet", "haiku"].map((m) => ({ label: m, value: m }))];
  if (last && !choices.some((c) => c.value === last)) choices.push({ label: last, value: last });
  const chosen = await choose(title, vscode.l10n.t("Model"), [...choices, { label: vscode.l10n.t("Another model…"), value: other }], last);
  return chosen === other ? vscode.window.showInputBox({ title, prompt: vscode.l10n.t("Name of the model"), ignoreFocusOut: true }) : chosen;
}

function askMode(title: string, last: string | undefined): Promise<string | undefined> {
  const choices: Choice[] = [
    { label: vscode.l10n.t("Claude Code's default"), detail: vscode.l10n.t("As its settings say"), value: "" },
    { label: "default", detail: vscode.l10n.t("Asks before it writes or runs anything"), value: "default" },
    { label: "acceptEdits", detail: vscode.l10n.t("Edits files without asking"), value: "acceptEdits" },
    { label: "plan", detail: vscode.l10n.t("Reads and plans, changes nothing"), value: "plan" },
    { label: "dontAsk", detail: vscode.l10n.t("What is not allowed is denied without asking"), value: "dontAsk" },
    { label: "bypassPermissions", detail: vscode.l10n.t("Allows everything, where the operator of the server lets it"), value: "bypassPermissions" },
  ];
  return choose(title, vscode.l10n.t("How tools are permitted"), choices, last);
}
