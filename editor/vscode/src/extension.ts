import * as vscode from "vscode";
import { App } from "./app";
import { registerCommands } from "./commands";
import { examineWhenEmpty } from "./commands/setup";
import { useTranslation } from "./core/words";
import { provideServerToAgents } from "./mcpProvider";
import { Notifications } from "./requests/notifications";
import { requestDocuments } from "./requests/show";
import { StatusBar } from "./statusBar";
import { Transcripts } from "./transcript/panels";
import { RunningView } from "./views/running";
import { SessionsView } from "./views/sessions";
import { WaitingView } from "./views/waiting";

/** What is inside, for the tests that run beside it. */
export interface Inside {
  app: App;
  sessions: SessionsView;
  waiting: WaitingView;
  running: RunningView;
}

let app: App | undefined;

export function activate(context: vscode.ExtensionContext): Inside | undefined {
  useTranslation((message, ...args) => vscode.l10n.t(message, ...args));
  const started = new App(context);
  const sessions = new SessionsView(started);
  const waiting = new WaitingView(started);
  const running = new RunningView(started);
  const transcripts = new Transcripts(started);
  context.subscriptions.push(
    sessions,
    transcripts,
    waiting,
    running,
    new StatusBar(started),
    new Notifications(started),
    requestDocuments(),
    examineWhenEmpty(started),
    ...registerCommands(started, sessions, transcripts),
    ...provideServerToAgents(started),
  );
  app = started;
  started.begin();
  return context.extensionMode === vscode.ExtensionMode.Test ? { app, sessions, waiting, running } : undefined;
}

/** The server is gone when this resolves; what it started goes on. */
export async function deactivate(): Promise<void> {
  await app?.dispose();
  app = undefined;
}
