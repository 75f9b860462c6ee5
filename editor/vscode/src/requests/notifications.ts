// A notification for each request, as long as it is open: it goes away when somebody answers, wherever. VS Code closes
// no message by itself, but it closes the notification of a progress when that ends; its buttons are links.

import * as vscode from "vscode";
import type { App } from "../app";
import { headline } from "../core/request";
import type { Request } from "../core/types";

export class Notifications implements vscode.Disposable {
  private readonly shown = new Map<string, () => void>(); // by request: what closes it
  private readonly listening: { dispose(): void };

  constructor(private readonly app: App) {
    this.listening = app.busy.changed.on(() => this.follow());
  }

  dispose(): void {
    this.listening.dispose();
    for (const close of this.shown.values()) close();
  }

  private follow(): void {
    const open = this.app.busy.requests();
    for (const [id, close] of this.shown) {
      if (open.some((r) => r.request_id === id)) continue;
      this.shown.delete(id);
      close();
    }
    if (!vscode.workspace.getConfiguration("claudeSessions").get<boolean>("notifications", true)) return;
    for (const request of open) if (!this.shown.has(request.request_id)) this.show(request);
  }

  private show(request: Request): void {
    const title = this.app.busy.row(request.session_id)?.title ?? request.session_id.slice(0, 8);
    const text = request.question ? vscode.l10n.t("“{0}” asks: {1}", title, short(headline(request))) : vscode.l10n.t("“{0}” wants to use {1}", title, short(headline(request)));
    const closed = new Promise<void>((resolve) => this.shown.set(request.request_id, resolve));
    // Cancellable, as only then all of it is shown at once. To cancel is to put it off: the request stays open.
    const options = { location: vscode.ProgressLocation.Notification, title: `${plain(text)} — ${links(request)}`, cancellable: true };
    void vscode.window.withProgress(options, (_, cancel) => Promise.race([closed, new Promise<void>((resolve) => cancel.onCancellationRequested(() => resolve()))]));
  }
}

/** What a session says may not look like a link of ours. */
const plain = (text: string): string => text.replace(/[[\]]/g, (c) => (c === "[" ? "(" : ")"));

const short = (text: string): string => (text.length > 160 ? `${text.slice(0, 159)}…` : text);

function links(request: Request): string {
  const link = (title: string, command: string) => `[${title}](command:claudeSessions.${command}?${encodeURIComponent(JSON.stringify([request.request_id]))})`;
  const show = link(vscode.l10n.t("Show"), "showRequest");
  const deny = link(vscode.l10n.t("Deny"), "deny");
  if (request.question) return [link(vscode.l10n.t("Answer…"), "answer"), deny].join(" · ");
  const always = request.always ? [link(vscode.l10n.t("Always"), "allowAlways")] : [];
  return [link(vscode.l10n.t("Allow"), "allow"), ...always, deny, show].join(" · ");
}
