// What each run does now.

import * as vscode from "vscode";
import type { App } from "../app";
import { elapsed } from "../core/format";
import type { Details, Row } from "../core/types";
import { sessionTooltip, statusIcon, type Node } from "./nodes";
import { Throttle } from "./throttle";

/** How often a visible view draws how long they run already. */
const tick = 2000;

/** How often a row is drawn anew at most, whatever it tells: its buttons are deaf for a moment then. */
const pace = 1000;

export class RunningView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly treeChanged = new vscode.EventEmitter<Node[] | undefined>();
  readonly onDidChangeTreeData = this.treeChanged.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly redraw = new Throttle(150, () => this.draw());
  private readonly retell = new Throttle(pace, () => this.tell());
  private shown = new Map<string, { node: Node; says: string }>(); // by session, in the order of the rows
  private readonly own: { dispose(): void }[];

  constructor(private readonly app: App) {
    this.view = vscode.window.createTreeView("claudeSessions.running", { treeDataProvider: this });
    const timer = setInterval(() => this.tick(), tick);
    this.own = [
      this.view,
      this.treeChanged,
      this.redraw,
      this.retell,
      this.view.onDidChangeVisibility(() => this.watch()),
      app.busy.changed.on(() => this.redraw.soon()),
      { dispose: () => clearInterval(timer) },
    ];
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
  }

  getChildren(node?: Node): Node[] {
    if (node) return [];
    const before = this.shown;
    this.shown = new Map();
    for (const { row, details } of this.app.busy.running()) {
      const known = before.get(row.session_id)?.node ?? { kind: "session", id: row.session_id };
      this.shown.set(row.session_id, { node: known, says: says(runItem(row, details, new Date())) });
    }
    return [...this.shown.values()].map(({ node }) => node);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const found = node.kind === "session" ? this.app.busy.running().find((r) => r.row.session_id === node.id) : undefined;
    return found ? runItem(found.row, found.details, new Date()) : new vscode.TreeItem("");
  }

  /** VS Code lets go of all rows when the tree is drawn anew, so that is done only when others are to be seen. */
  private draw(): void {
    this.watch();
    const ids = this.app.busy.running().map(({ row }) => row.session_id);
    if (ids.join() === [...this.shown.keys()].join()) this.retell.soon();
    else this.treeChanged.fire(undefined);
  }

  /** Draws the rows that say something else than before, where they are. */
  private tell(): void {
    const changed: Node[] = [];
    for (const { row, details } of this.app.busy.running()) {
      const known = this.shown.get(row.session_id);
      const now = says(runItem(row, details, new Date()));
      if (!known || known.says === now) continue;
      known.says = now;
      changed.push(known.node);
    }
    if (changed.length > 0) this.treeChanged.fire(changed);
  }

  /** What they do is told as long as somebody looks. */
  private watch(): void {
    this.app.watch.hold(this.view.visible ? this.app.busy.running().map(({ row }) => row.session_id) : []);
  }

  private tick(): void {
    if (this.view.visible) this.retell.soon();
  }
}

/** All of a row that is seen or heard. */
const says = (item: vscode.TreeItem): string => `${(item.iconPath as vscode.ThemeIcon).id} ${item.accessibilityInformation?.label}`;

/** The end of a text, as much as a row shows of it. */
function lastLine(text = ""): string {
  const line = text.trim().split("\n").at(-1) ?? "";
  return line.length > 80 ? `…${line.slice(-80)}` : line;
}

function runItem(row: Row, details: Details | undefined, now: Date): vscode.TreeItem {
  const item = new vscode.TreeItem(row.title);
  const words = details?.activity === "writing" ? lastLine(details.writing) : "";
  const does = words || details?.activity || row.status_reason || lastLine(details?.last_words);
  item.id = row.session_id;
  item.description = [elapsed(details?.turn?.started_at, now), does].filter(Boolean).join(" · ");
  item.iconPath = statusIcon(row.status);
  item.contextValue = "session busy kept";
  item.tooltip = sessionTooltip(row, details);
  item.accessibilityInformation = { label: [row.title, row.status, item.description].join(", "), role: "treeitem" };
  item.command = { command: "claudeSessions.openTranscript", title: vscode.l10n.t("Open Transcript"), arguments: [{ kind: "session", id: row.session_id }] };
  return item;
}
