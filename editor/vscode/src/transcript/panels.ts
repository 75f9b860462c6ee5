// The open transcripts, one panel a session (and one for each of its sub-agents that is read).

import * as vscode from "vscode";
import type { App } from "../app";
import type { Hit } from "../core/messages";
import { TranscriptPanel } from "./panel";

export const viewType = "claudeSessions.transcript";

interface Kept {
  session?: string;
  subagent?: string;
}

export class Transcripts implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly open_ = new Map<string, TranscriptPanel>();
  private readonly own: { dispose(): void }[];

  constructor(private readonly app: App) {
    this.own = [vscode.window.registerWebviewPanelSerializer(viewType, this)];
  }

  /** Opens a transcript, that of a session or of one of its sub-agents, or shows the one that is open; at a message. */
  async open(session: string, title: string, at: { hit?: Hit; subagent?: string } = {}): Promise<void> {
    const known = this.open_.get(key(session, at.subagent));
    if (known) return known.show(at.hit);
    const panel = vscode.window.createWebviewPanel(viewType, title, vscode.ViewColumn.Active, {});
    this.take(panel, session, at.subagent, at.hit);
  }

  /** A window that was reloaded has its transcripts again. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: Kept | undefined): Promise<void> {
    if (state?.session) this.take(panel, state.session, state.subagent);
    else panel.dispose();
  }

  dispose(): void {
    for (const d of this.own) d.dispose();
    for (const panel of this.open_.values()) panel.dispose();
  }

  private take(panel: vscode.WebviewPanel, session: string, subagent?: string, hit?: Hit): void {
    const openSubagent = (name: string) => void this.open(session, name, { subagent: name });
    const openSession = (id: string) => void this.open(id, "");
    const mine = new TranscriptPanel(this.app, panel, { session, subagent, hit, openSubagent, openSession });
    this.open_.set(key(session, subagent), mine);
    panel.onDidDispose(() => {
      this.open_.delete(key(session, subagent));
      mine.dispose();
    });
  }
}

const key = (session: string, subagent: string | undefined): string => `${session} ${subagent ?? ""}`;
