// One transcript: reads it for its webview, follows it, and does what the person asks for there.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { App } from "../app";
import { trouble } from "../commands/trouble";
import { ToolError, sentence } from "../core/errors";
import { busy } from "../core/format";
import type { Head, Hit, SendMode, ToHost, ToWebview } from "../core/messages";
import { TranscriptReader, unsaid } from "../core/transcript";
import type { Details, Message } from "../core/types";
import { Throttle } from "../views/throttle";
import { headOf } from "./head";
import { page } from "./page";
import { apply } from "./remedies";
import { Subagents } from "./subagents";

export interface PanelOptions {
  session: string;
  subagent?: string;
  hit?: Hit;
  openSubagent: (name: string) => void;
  openSession: (id: string) => void;
}

/** How often a session at work is asked what it does now, and while the model talks, what it says. */
const lookEvery = 1000;
const listenEvery = 250;

export class TranscriptPanel {
  private readonly reader: TranscriptReader;
  private readonly subagents: Subagents;
  private readonly own: { dispose(): void }[];
  private readonly soon = new Throttle(250, () => void this.follow());
  private details: Details | undefined;
  private hit: Hit | undefined; // that is to be shown first
  private ready = false;
  private wasBusy = false;
  private listening = false;
  private followed = 0; // when
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
    const look = setInterval(() => this.look(), listenEvery);
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
    if (!this.panel.visible || !this.wasBusy || this.app.server.state.is !== "ready") return;
    if (Date.now() - this.followed >= lookEvery) this.soon.soon();
    else if (["writing", "thinking"].includes(this.details?.activity ?? "")) void this.listen();
  }

  /** Tells what the model says now. When what it said is in the transcript, both are told together. */
  private async listen(): Promise<void> {
    if (this.listening || !this.ready) return;
    this.listening = true;
    try {
      const before = this.details?.writing ?? "";
      const now = await this.ask();
      if ((now.writing ?? "").startsWith(before) && busy(now.session.status)) this.take(now);
      else await this.follow();
    } catch (error) {
      this.app.log.warn(sentence(error));
    } finally {
      this.listening = false;
    }
  }

  /** Reads the newest page, or the one around what was found. */
  private async begin(): Promise<void> {
    const { hit } = this;
    this.hit = undefined;
    this.subagents.clear();
    const details = this.app.server.call<Details>("get_session", { session: this.options.session });
    await Promise.all([details.then((d) => this.take(d)), this.read(hit)]);
    this.wasBusy = busy((await details).session.status);
    this.ready = true;
  }

  private async read(hit?: Hit): Promise<void> {
    const found = hit && (await this.reader.around(hit.uuid));
    this.tell({ type: "latest", ...(found ?? (await this.reader.latest())), hit: found && hit });
  }

  /** All that is known of the session, uncut. */
  private ask(): Promise<Details> {
    return this.app.server.read<Details>(`session://${this.options.session}`);
  }

  /** How the session is, as the page shows it. come: messages that came after that was asked for. */
  private head(d: Details, come: Message[] = []): Head {
    const { subagent } = this.options;
    this.details = d;
    this.panel.title = subagent ? `${d.session.title}: ${subagent.split("/").at(-1)}` : d.session.title;
    return headOf(d, unsaid(d.writing ?? "", come), subagent);
  }

  private take(d: Details): void {
    this.tell({ type: "head", head: this.head(d) });
  }

  /** One after the other: what was said since, and how the session is. */
  private follow(): Promise<void> {
    if (this.ready) this.working = this.working.then(() => this.followOnce()).catch((e: unknown) => this.app.log.warn(sentence(e)));
    return this.working;
  }

  private async followOnce(): Promise<void> {
    if (this.disposed) return;
    this.followed = Date.now();
    const { end } = this.reader;
    const details = await this.ask();
    const messages = await this.reader.newer();
    if (!messages) {
      await this.read();
      return this.take(details);
    }
    const now = busy(details.session.status);
    const ended = this.wasBusy && !now;
    this.wasBusy = now;
    const come = messages.slice(messages.findIndex((m) => m.uuid === end) + 1);
    this.tell({ type: "newer", messages, head: this.head(details, come) });
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
      case "remedy":
        return this.details && apply(m.remedy, { server: this.app.server, details: this.details, openSession: this.options.openSession, send: (prompt) => this.send(prompt, "queue") });
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
