// Brings the parts together: the server, what is followed, and what is known of sessions. Events come from below
// (server, follower) and go up to views; nobody else holds state of sessions.

import { homedir } from "node:os";
import * as vscode from "vscode";
import { findServer, serverCommand } from "./binary";
import { Busy } from "./core/busy";
import { Catalog } from "./core/catalog";
import { Emitter } from "./core/emitter";
import { sentence } from "./core/errors";
import { Follower } from "./core/follow";
import { Server, type ServerState } from "./core/server";
import type { Changes } from "./core/types";
import { Watch } from "./core/watch";

export type ViewState = ServerState["is"] | "noServer";

export class App {
  readonly log: vscode.LogOutputChannel;
  readonly server: Server;
  readonly catalog: Catalog;
  readonly busy: Busy;
  readonly watch: Watch;
  /** Something has changed on the server, after catalog and busy know it. */
  readonly changes = new Emitter<Changes>();
  readonly state = new Emitter<ViewState>();

  private readonly follower: Follower;
  private working: Promise<void> = Promise.resolve();
  private readonly own: vscode.Disposable[] = [];

  constructor(readonly context: vscode.ExtensionContext) {
    this.log = vscode.window.createOutputChannel("Claude Sessions", { log: true });
    const log = (line: string) => this.log.info(line);
    const version = (context.extension.packageJSON as { version: string }).version;
    this.server = new Server({ command: () => this.command(), version, log });
    this.catalog = new Catalog(this.server);
    this.busy = new Busy(this.server, log);
    this.watch = new Watch(this.server, log);
    this.follower = new Follower(this.server, log);
    this.server.changed.on((state) => this.stateChanged(state));
    this.server.updated.on((uri) => this.follower.updated(uri));
    this.server.updated.on((uri) => this.watch.updated(uri));
    this.watch.changed.on((id) => void this.busy.look(id));
    this.follower.changed.on((changes) => void this.inOrder(() => this.take(changes)));
    this.own.push(
      this.log,
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.begin()),
      vscode.workspace.onDidChangeConfiguration((e) => {
        const relevant = ["serverPath", "claudePath", "dataDir", "serverArgs"].some((s) => e.affectsConfiguration(`claudeSessions.${s}`));
        if (relevant) this.begin();
      }),
    );
  }

  /** Starts the server, unless the workspace is not trusted. */
  begin(): void {
    if (!vscode.workspace.isTrusted) return this.tell("stopped");
    void this.server.restart();
  }

  /** Lists anew. */
  reload(): Promise<void> {
    return this.inOrder(async () => {
      await Promise.all([this.catalog.load(), this.busy.load()]);
    });
  }

  async dispose(): Promise<void> {
    for (const d of this.own) d.dispose();
    await this.server.dispose();
  }

  private command() {
    const folder = vscode.workspace.workspaceFolders?.find((f) => f.uri.scheme === "file");
    return serverCommand(this.context, folder?.uri.fsPath ?? homedir());
  }

  private stateChanged(state: ServerState): void {
    if (state.is === "failed" && !findServer(this.context)) return this.tell("noServer");
    this.tell(state.is);
    if (state.is !== "ready") return;
    this.log.info(`the server runs as process ${state.pid}`);
    this.watch.begin();
    void this.inOrder(async () => {
      await this.follower.begin();
      await Promise.all([this.catalog.load(), this.busy.load()]);
    });
  }

  private async take(changes: Changes): Promise<void> {
    await Promise.all([this.catalog.apply(changes), this.busy.apply(changes)]);
    this.changes.fire(changes);
  }

  /** One after the other, so that what is older never overwrites what is newer. */
  private inOrder(work: () => Promise<void>): Promise<void> {
    this.working = this.working.then(work).catch((error: unknown) => this.log.warn(sentence(error)));
    return this.working;
  }

  private tell(state: ViewState): void {
    void vscode.commands.executeCommand("setContext", "claudeSessions.state", state);
    this.state.fire(state);
  }
}
