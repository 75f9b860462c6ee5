// The tree of all sessions. It shows what the catalog knows; a page more is listed when its last row comes into sight.

import * as vscode from "vscode";
import type { App } from "../app";
import { narrowed, type Filter } from "../core/filter";
import type { Details, Row } from "../core/types";
import { folderItem, moreItem, moreScheme, sessionItem, sessionTooltip, type Node } from "./nodes";
import { Throttle } from "./throttle";

/** VS Code gathers changes of a tree before it draws them, and tells nobody when it has. */
const drawn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 600));

type Grouping = "recency" | "folder";

interface Kept {
  grouping: Grouping;
  workspaceOnly: boolean;
  archived: boolean;
}

const keptKey = "claudeSessions.view";

export class SessionsView implements vscode.TreeDataProvider<Node>, vscode.FileDecorationProvider, vscode.Disposable {
  readonly view: vscode.TreeView<Node>;
  private readonly treeChanged = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.treeChanged.event;

  private readonly nodes = new Map<string, Node>();
  private readonly opened = new Set<string>(); // rows that are to be expanded when they are shown next
  private readonly own: { dispose(): void }[];
  private readonly redraw = new Throttle(150, () => this.draw());
  private kept: Kept;
  private pages = 0;

  constructor(private readonly app: App) {
    this.kept = { grouping: "recency", workspaceOnly: false, archived: false, ...app.context.workspaceState.get<Partial<Kept>>(keptKey) };
    app.catalog.filter = this.filter({});
    this.view = vscode.window.createTreeView("claudeSessions.sessions", { treeDataProvider: this, showCollapseAll: true, canSelectMany: true });
    const minute = setInterval(() => this.view.visible && this.redraw.soon(), 60_000);
    this.own = [
      this.view,
      this.treeChanged,
      this.redraw,
      app.catalog.changed.on(() => this.redraw.soon()),
      app.busy.changed.on(() => this.badge()),
      app.state.on(() => this.redraw.soon()),
      vscode.window.registerFileDecorationProvider(this),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.kept.workspaceOnly && void this.set({})),
      { dispose: () => clearInterval(minute) },
    ];
    this.contexts();
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
  }

  // The tree.

  getChildren(node?: Node): Node[] {
    const { catalog } = this.app;
    if (!catalog.loaded) return [];
    if (node?.kind === "session") return this.sessions(catalog.forest.children(node.id));
    const roots = catalog.forest.roots;
    if (node?.kind === "folder") return this.sessions(roots.filter((r) => r.cwd === node.path));
    if (node) return [];
    const top = this.kept.grouping === "folder" ? this.folders(roots) : this.sessions(roots);
    return catalog.hasMore ? [...top, { kind: "more", page: ++this.pages }] : top;
  }

  getParent(node: Node): Node | undefined {
    const row = node.kind === "session" ? this.app.catalog.get(node.id) : undefined;
    if (!row) return undefined;
    const parent = this.app.catalog.forest.parent(row);
    if (parent) return this.session(parent.session_id);
    return this.kept.grouping === "folder" ? this.node(`folder:${row.cwd}`, { kind: "folder", path: row.cwd }) : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { catalog } = this.app;
    switch (node.kind) {
      case "folder":
        return folderItem(node.path, catalog.forest.roots.filter((r) => r.cwd === node.path).length);
      case "more":
        return moreItem(node.page, Math.max(catalog.total - catalog.all().length, 1));
      case "session": {
        const row = catalog.get(node.id);
        if (!row) return new vscode.TreeItem("");
        const forks = catalog.forest.descendants(node.id);
        return sessionItem(row, forks, this.opened.has(node.id), this.kept.grouping === "recency", new Date());
      }
    }
  }

  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    const row = node.kind === "session" ? this.app.catalog.get(node.id) : undefined;
    if (!row) return item;
    const ready = this.app.server.state.is === "ready";
    const details = ready ? await this.app.server.call<Details>("get_session", { session: row.session_id }).catch(() => undefined) : undefined;
    item.tooltip = sessionTooltip(row, details);
    return item;
  }

  /** Asked by VS Code when a row comes into sight: the last one lists the next page. */
  provideFileDecoration(uri: vscode.Uri): undefined {
    if (uri.scheme === moreScheme) void this.app.catalog.more();
  }

  /** Shows a session, below its parents, which are expanded. */
  async reveal(id: string): Promise<void> {
    const { catalog } = this.app;
    let row = catalog.get(id);
    for (; row; row = catalog.forest.parent(row)) if (row.session_id !== id) this.opened.add(row.session_id);
    this.redraw.now();
    await drawn(); // a row that was a leaf until now can be expanded only when VS Code knows of its forks
    if (this.view.visible && catalog.get(id)) await this.view.reveal(this.session(id), { select: true, focus: false, expand: true });
  }

  /** Shows a session as soon as the list has it; gives up when it does not come. */
  async revealSoon(id: string): Promise<void> {
    const there = () => this.app.catalog.get(id) !== undefined;
    if (!there()) {
      await new Promise<void>((resolve) => {
        const listening = this.app.catalog.changed.on(() => there() && done());
        const timer = setTimeout(() => done(), 10_000);
        const done = () => {
          clearTimeout(timer);
          listening.dispose();
          resolve();
        };
      });
    }
    await this.reveal(id);
  }

  // What it shows.

  get filterNow(): Filter {
    return this.app.catalog.filter;
  }

  /** Shows what fits; words, status and tag of before are gone. */
  async narrow(filter: Pick<Filter, "text" | "status" | "tag">): Promise<void> {
    await this.show(this.filter(filter));
  }

  async set(change: Partial<Kept>): Promise<void> {
    this.kept = { ...this.kept, ...change };
    await this.app.context.workspaceState.update(keptKey, this.kept);
    if (change.grouping) {
      this.contexts();
      return this.redraw.now();
    }
    const { text, status, tag } = this.app.catalog.filter;
    await this.show(this.filter({ text, status, tag }));
  }

  private async show(filter: Filter): Promise<void> {
    this.app.catalog.filter = filter;
    this.contexts();
    await this.app.catalog.show(filter);
  }

  private filter(narrowing: Pick<Filter, "text" | "status" | "tag">): Filter {
    const folders = this.kept.workspaceOnly ? (vscode.workspace.workspaceFolders ?? []).map((f) => f.uri.fsPath) : undefined;
    return { ...narrowing, folders, archived: this.kept.archived };
  }

  private contexts(): void {
    const set = (key: string, value: boolean) => void vscode.commands.executeCommand("setContext", `claudeSessions.${key}`, value);
    set("filtered", narrowed(this.app.catalog.filter));
    set("byFolder", this.kept.grouping === "folder");
    set("workspaceOnly", this.kept.workspaceOnly);
    set("archivedShown", this.kept.archived);
  }

  private draw(): void {
    const { text, status, tag } = this.app.catalog.filter;
    const shown = [text && `“${text}”`, status?.join(", "), tag && `#${tag}`].filter(Boolean).join(" · ");
    const failed = this.app.server.state.is === "failed" || this.app.server.state.is === "starting";
    this.view.message = this.app.catalog.loaded && failed ? vscode.l10n.t("The server is being started again…") : shown || undefined;
    this.view.description = this.app.catalog.importing || undefined;
    this.badge();
    this.treeChanged.fire(undefined);
  }

  private badge(): void {
    const value = this.app.busy.requests().length;
    this.view.badge = value > 0 ? { value, tooltip: vscode.l10n.t("{0} waiting for an answer", value) } : undefined;
  }

  private folders(roots: readonly Row[]): Node[] {
    const paths = new Set(roots.map((r) => r.cwd)); // in the order of roots: the newest first
    return [...paths].map((path) => this.node(`folder:${path}`, { kind: "folder", path }));
  }

  private sessions(rows: readonly Row[]): Node[] {
    return rows.map((r) => this.session(r.session_id));
  }

  private session(id: string): Node {
    return this.node(id, { kind: "session", id });
  }

  private node(key: string, fresh: Node): Node {
    const known = this.nodes.get(key);
    if (known) return known;
    this.nodes.set(key, fresh);
    return fresh;
  }
}
