import * as vscode from "vscode";
import type { App } from "./app";

/** What runs and what waits, in the status bar; nothing when there is nothing. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("claudeSessions.status", vscode.StatusBarAlignment.Left, 10);
  private readonly listening: { dispose(): void }[];

  constructor(private readonly app: App) {
    this.item.name = "Claude Sessions";
    this.listening = [app.busy.changed.on(() => this.show()), app.state.on(() => this.show())];
  }

  dispose(): void {
    for (const l of this.listening) l.dispose();
    this.item.dispose();
  }

  private show(): void {
    const running = this.app.busy.running().filter((r) => r.row.status !== "waiting").length;
    const waiting = this.app.busy.requests().length;
    if (this.app.server.state.is !== "ready" || running + waiting === 0) return this.item.hide();
    const parts = [running > 0 && `$(loading~spin) ${running}`, waiting > 0 && `$(bell-dot) ${waiting}`].filter(Boolean);
    this.item.text = parts.join("  ");
    const words = vscode.l10n.t("Claude Sessions: {0} running, {1} waiting for an answer", running, waiting);
    this.item.tooltip = words;
    this.item.accessibilityInformation = { label: words };
    this.item.backgroundColor = waiting > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.command = waiting > 0 ? "claudeSessions.waiting.focus" : "claudeSessions.running.focus";
    this.item.show();
  }
}
