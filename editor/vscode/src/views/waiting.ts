// Requests that wait for a person.

import * as vscode from "vscode";
import type { App } from "../app";
import { age, escapeMarkdown } from "../core/format";
import { body, headline } from "../core/request";
import type { Request } from "../core/types";

export type RequestNode = { kind: "request"; request: Request };

export class WaitingView implements vscode.TreeDataProvider<RequestNode>, vscode.Disposable {
  private readonly treeChanged = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.treeChanged.event;
  private readonly view: vscode.TreeView<RequestNode>;
  private readonly own: { dispose(): void }[];
  private drawn = "[]"; // as JSON

  constructor(private readonly app: App) {
    this.view = vscode.window.createTreeView("claudeSessions.waiting", { treeDataProvider: this });
    this.own = [this.view, this.treeChanged, app.busy.changed.on(() => this.draw())];
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
  }

  getChildren(node?: RequestNode): RequestNode[] {
    return node ? [] : this.app.busy.requests().map((request) => ({ kind: "request", request }));
  }

  getTreeItem({ request }: RequestNode): vscode.TreeItem {
    const session = this.app.busy.row(request.session_id)?.title ?? request.session_id.slice(0, 8);
    const item = new vscode.TreeItem(headline(request));
    item.id = request.request_id;
    item.description = session;
    item.contextValue = request.question ? "request.question" : request.always ? "request.permission.always" : "request.permission";
    item.iconPath = new vscode.ThemeIcon(request.question ? "comment-unresolved" : "shield", new vscode.ThemeColor("list.warningForeground"));
    const shown = new vscode.MarkdownString().appendMarkdown(`**${escapeMarkdown(session)}**`).appendMarkdown("\n\n");
    item.tooltip = request.detail ? shown.appendMarkdown(request.detail) : shown.appendCodeblock(body(request), "diff");
    const since = request.opened_at ? age(request.opened_at, new Date()) : "";
    item.accessibilityInformation = { label: vscode.l10n.t("{0} asks: {1}, {2}", session, headline(request), since), role: "treeitem" };
    item.command = request.question
      ? { command: "claudeSessions.answer", title: vscode.l10n.t("Answer…"), arguments: [{ kind: "request", request }] }
      : { command: "claudeSessions.showRequest", title: vscode.l10n.t("Show Request"), arguments: [{ kind: "request", request }] };
    return item;
  }

  /** VS Code lets go of all rows when the tree is drawn anew, and their buttons with them: only when there is something to see. */
  private draw(): void {
    const open = this.app.busy.requests();
    const drawn = JSON.stringify(open.map((r) => [r, this.app.busy.row(r.session_id)?.title]));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.view.description = open.length > 0 ? String(open.length) : undefined;
    this.treeChanged.fire(undefined);
  }
}
