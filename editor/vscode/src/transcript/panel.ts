// One transcript: reads it for its webview, follows it, and does what the person asks for there.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { App } from "../app";
import { trouble } from "../commands/trouble";
import { ToolError, sentence } from "../core/errors";
import { busy } from "../core/format";
import type { Head, Hit, SendMode, ToHost, ToWebview } from "../core/messages";
import { TranscriptReader } from "../core/transcript";
import type { Details } from "../core/types";
import { Throttle } from "../views/throttle";
import { page } from "./page";
import { Subagents } from "./subagents";

export interface PanelOptions {
  session: string;
  subagent?: string;
  hit?: Hit;
  openSubagent: (name: string) => void;
  openSession: (id: string) => void;
}

/** How often a session at work is asked what it does and says now. */
const lookEvery = 1000;

export class TranscriptPanel {
  private readonly reader: TranscriptReader;
  private readonly subagents: Subagents;
  private readonly own: { dispose(): void }[];
  private readonly soon = new Throttle(250, () => void this.follow());
  private details: Details | undefined;
  private hit: Hit | undefined; // that is to be shown first
  private ready = false;
  private wasBusy = false;
  private disposed = false;
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly app: App,
    private readonly panel: vscode.WebviewPanel,
    private readonly options: PanelOptions,
  ) {
    this.reader = new TranscriptReader(app.server, options.session, options.subagent);
    this.hit = options.hit;
    this.subagents = new Subagents(app.server, options.session, (m) => this.tell(m));
    const media = vscode.Uri.joinPath(app.context.extensionUri, "dist");
    const icon = (kind: string) => vscode.Uri.joinPath(app.context.extensionUri, "media", `transcript-${kind}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    const look = setInterval(() => this.look(), lookEvery);
    this.own = [
      this.soon,
      panel.webview.onDidReceiveMessage((m: ToHost) => void this.received(m)),
      panel.onDidChangeViewState(() => this.look()),
      app.changes.on((c) => (c.resync || c.sessions.some((r) => r.session_id === options.session)) && this.soon.soon()),
      app.state.on((state) => state === "ready" && this.soon.soon()),
      { dispose: () => clearInterval(look) },
    ];
    panel.webview.html = page(panel.webview, media, options);
  }

  /** One that is not seen has no page, and reads anew when it is. */
  show(hit?: Hit): void {
    if (hit && this.panel.visible && this.ready) this.tell({ type: "hit", hit });
    else this.hit = hit;
    this.panel.reveal();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const d of this.own) d.dispose();
    this.panel.dispose();
  }

  private tell(message: ToWebview): void {
    if (!this.disposed) void this.panel.webview.postMessage(message);
  }

  private look(): void {
    if (this.panel.visible && this.wasBusy && this.app.server.state.is === "ready") this.soon.soon();
  }

  /** Reads the newest page, or the one around what was found. */
  private async begin(): Promise<void> {
    const { hit } = this;
    this.hit = undefined;
    this.subagents.clear();
    await Promise.all([this.head(), this.read(hit)]);
    this.wasBusy = busy(this.details?.session.status ?? "idle");
    this.ready = true;
  }

  private async read(hit?: Hit): Promise<void> {
    const found = hit && (await this.reader.around(hit.uuid));
    this.tell({ type: "latest", ...(found ?? (await this.reader.latest())), hit: found && hit });
  }

  private async head(): Promise<void> {
    const { session, subagent } = this.options;
    const d = (this.details = await this.app.server.call<Details>("get_session", { session }));
    this.panel.title = subagent ? `${d.session.title}: ${subagent.split("/").at(-1)}` : d.session.title;
    this.tell({ type: "head", head: headOf(d, subagent) });
  }

  /** One after the other: what was said since, and how the session is. */
  private follow(): Promise<void> {
    if (this.ready) this.working = this.working.then(() => this.followOnce()).catch((e: unknown) => this.app.log.warn(sentence(e)));
    return this.working;
  }

  private async followOnce(): Promise<void> {
    if (this.disposed) return;
    await this.head();
    const messages = await this.reader.newer();
    if (!messages) return this.read();
    const now = busy(this.details?.session.status ?? "idle");
    const ended = this.wasBusy && !now;
    this.wasBusy = now;
    this.tell({ type: "newer", messages });
    await this.subagents.follow();
    if (ended) for (const message of await this.reader.prompt()) this.tell({ type: "replace", message });
  }

  private async received(m: ToHost): Promise<void> {
    try {
      await this.handle(m);
    } catch (error) {
      const next = error instanceof ToolError ? error.next : undefined;
      this.tell({ type: "trouble", text: error instanceof Error ? error.message : String(error), next });
      if (m.type === "send") this.tell({ type: "sent", ok: false });
      if (error instanceof ToolError && ["claude_not_found", "not_logged_in"].includes(error.code)) await trouble(this.app, error);
    }
  }

  private async handle(m: ToHost): Promise<void> {
    const { session } = this.options;
    const node = { kind: "session", id: session };
    switch (m.type) {
      case "ready":
        return this.begin();
      case "latest":
        return this.read();
      case "around":
        return this.read(m.hit);
      case "older":
        return this.tell({ type: "older", ...(await this.reader.older()) });
      case "ahead":
        return this.tell({ type: "ahead", ...(await this.reader.ahead()) });
      case "whole": {
        if (m.subagent) return this.subagents.whole(m.subagent, m.uuid);
        const message = await this.reader.whole(m.uuid);
        return message && this.tell({ type: "replace", message });
      }
      case "fork":
        return void (await vscode.commands.executeCommand("claudeSessions.fork", node, m.uuid));
      case "copy":
        return void (await vscode.env.clipboard.writeText(m.text));
      case "openFile":
        return void (await vscode.window.showTextDocument(vscode.Uri.file(m.path), { preview: true }));
      case "openSubagent":
        return this.options.openSubagent(m.name);
      case "subagent":
        return this.subagents.wish(m);
      case "parent":
        return this.details?.session.parent_id ? this.options.openSession(this.details.session.parent_id) : undefined;
      case "send":
        return this.send(m.prompt, m.mode);
      case "interrupt":
        return void (await this.app.server.call("interrupt_session", { session }));
      case "answer":
        return void (await vscode.commands.executeCommand(`claudeSessions.${commandOf[m.decision]}`, m.request));
      case "answerQuestion":
        return void (await vscode.commands.executeCommand("claudeSessions.answer", m.request));
    }
  }

  private async send(prompt: string, mode: SendMode): Promise<void> {
    const args = { session: this.options.session, prompt, if_busy: mode, wait_seconds: 0, idempotency_key: randomUUID() };
    await this.app.server.call("resume_session", args);
    this.tell({ type: "sent", ok: true });
    this.wasBusy = true;
    this.soon.soon();
  }
}

const commandOf = { allow: "allow", allow_always: "allowAlways", deny: "deny" };

function headOf(d: Details, subagent: string | undefined): Head {
  const { session: s } = d;
  return {
    session: s.session_id,
    title: s.title,
    status: s.status,
    reason: s.status_reason,
    activity: d.activity,
    lastWords: d.last_words,
    startedAt: d.turn?.started_at,
    cost: s.usage.cost_usd,
    turns: s.turns,
    contextTokens: s.context_tokens,
    model: s.model ?? s.settings?.model,
    queued: d.queued ?? d.queue?.length ?? 0,
    parent: s.parent_id,
    subagent,
    requests: (d.requests ?? []).map((r) => ({ ...r, session_id: s.session_id })),
  };
}
