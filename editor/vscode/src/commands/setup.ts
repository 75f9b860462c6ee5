// What is needed, and how to mend it.

import * as vscode from "vscode";
import type { App } from "../app";
import { runServer } from "../binary";
import { sentence } from "../core/errors";
import { narrowed } from "../core/filter";
import { missing, readReport, type Finding } from "../core/doctor";
import type { Handlers, Parts } from "./index";

export function setupCommands({ app }: Parts): Handlers {
  return {
    doctor: () => doctor(app.context),
    login: () => terminal(vscode.l10n.t("Log in to Claude Code"), []),
    installClaude: async () => {
      await vscode.env.openExternal(vscode.Uri.parse("https://docs.claude.com/en/docs/claude-code/setup"));
    },
    chooseServer: chooseServer,
    restartServer: () => app.begin(),
    walkthrough: async () => {
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", `${app.context.extension.id}#firstMinute`, false);
    },
  };
}

function terminal(name: string, shellArgs: string[]): void {
  const claude = vscode.workspace.getConfiguration("claudeSessions").get<string>("claudePath") || process.env.CLAUDE_SESSIONS_CLAUDE || "claude";
  vscode.window.createTerminal({ name, shellPath: claude, shellArgs }).show();
}

async function chooseServer(): Promise<void> {
  const picked = await vscode.window.showOpenDialog({ canSelectFiles: true, title: vscode.l10n.t("Choose the Server…") });
  if (picked?.[0]) await vscode.workspace.getConfiguration("claudeSessions").update("serverPath", picked[0].fsPath, vscode.ConfigurationTarget.Global);
}

/** Runs doctor, and lets the views' welcome say what is missing. */
export async function examine(context: vscode.ExtensionContext): Promise<Finding[]> {
  const findings = readReport((await runServer(context, ["doctor"])).out);
  const { claude, login } = missing(findings);
  await vscode.commands.executeCommand("setContext", "claudeSessions.noClaude", claude);
  await vscode.commands.executeCommand("setContext", "claudeSessions.noLogin", login);
  return findings;
}

/** Looks once whether anything is missing, when there is nothing else to show. */
export function examineWhenEmpty(app: App): { dispose(): void } {
  let examined = false;
  return app.catalog.changed.on(() => {
    if (examined || app.catalog.all().length > 0 || narrowed(app.catalog.filter)) return;
    examined = true;
    examine(app.context).catch((error: unknown) => app.log.warn(sentence(error)));
  });
}

const mends: Record<string, string> = { "Claude Code": "installClaude", login: "login", engine: "restartServer" };

async function doctor(context: vscode.ExtensionContext): Promise<void> {
  const look = () => examine(context);
  const findings = await vscode.window.withProgress({ location: { viewId: "claudeSessions.sessions" } }, look);
  const items = findings.map((f) => ({ label: `$(${f.ok ? "check" : "error"}) ${f.what}`, description: f.found, detail: f.mend ? `$(arrow-right) ${f.mend}` : undefined, f }));
  const faults = findings.filter((f) => !f.ok).length;
  const title = faults === 0 ? vscode.l10n.t("All is there") : vscode.l10n.t("{0} to mend: choose one", faults);
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  const command = chosen && !chosen.f.ok ? mends[chosen.f.what] : undefined;
  if (command) await vscode.commands.executeCommand(`claudeSessions.${command}`);
}
