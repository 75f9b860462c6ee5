import * as vscode from "vscode";
import type { App } from "../app";
import { sentence, ToolError } from "../core/errors";

/** The codes of errors that a button mends, with the command that does it. */
const mends: Record<string, { title: () => string; command: string }> = {
  claude_not_found: { title: () => vscode.l10n.t("Install Claude Code"), command: "claudeSessions.installClaude" },
  not_logged_in: { title: () => vscode.l10n.t("Log in"), command: "claudeSessions.login" },
  unavailable: { title: () => vscode.l10n.t("Check the Installation"), command: "claudeSessions.doctor" },
};

/** Tells a person what went wrong, with the button that mends it if there is one. */
export async function trouble(app: App, error: unknown): Promise<void> {
  app.log.warn(sentence(error));
  const mend = error instanceof ToolError ? mends[error.code] : undefined;
  const chosen = await vscode.window.showErrorMessage(sentence(error), ...(mend ? [mend.title()] : []));
  if (chosen && mend) await vscode.commands.executeCommand(mend.command);
}

/** Tells why nothing is done in a workspace that is not trusted. */
export async function untrusted(): Promise<void> {
  const manage = vscode.l10n.t("Manage Trust");
  const chosen = await vscode.window.showWarningMessage(vscode.l10n.t("This workspace is not trusted, so nothing is started in it."), manage);
  if (chosen === manage) await vscode.commands.executeCommand("workbench.trust.manage");
}
