// Every command of the manifest, and what it does.

import * as vscode from "vscode";
import type { App } from "../app";
import { requestCommands } from "../requests/commands";
import type { Transcripts } from "../transcript/panels";
import type { SessionsView } from "../views/sessions";
import { editCommands } from "./edit";
import { goCommands } from "./go";
import { gone } from "./pick";
import { runCommands } from "./run";
import { setupCommands } from "./setup";
import { trouble, untrusted } from "./trouble";
import { viewCommands } from "./view";

export interface Parts {
  app: App;
  sessions: SessionsView;
  transcripts: Transcripts;
}

export type Handlers = Record<string, (argument?: unknown, more?: unknown) => Promise<void> | void>;

/** That start nothing, so that they are there in an untrusted workspace, too. */
const harmless = ["walkthrough", "installClaude"];

export function registerCommands(app: App, sessions: SessionsView, transcripts: Transcripts): vscode.Disposable[] {
  const parts: Parts = { app, sessions, transcripts };
  const all: Handlers = {
    ...runCommands(parts),
    ...editCommands(parts),
    ...goCommands(parts),
    ...viewCommands(parts),
    ...setupCommands(parts),
    ...requestCommands(app),
  };
  return Object.entries(all).map(([id, handler]) =>
    vscode.commands.registerCommand(`claudeSessions.${id}`, async (...called: unknown[]) => {
      if (!vscode.workspace.isTrusted && !harmless.includes(id)) return untrusted();
      const [argument, more] = called.length > 0 && called[0] === undefined ? [gone, called[1]] : called;
      try {
        await handler(argument, more);
      } catch (error) {
        await trouble(app, error);
      }
    }),
  );
}
