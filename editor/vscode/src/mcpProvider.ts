// Gives the tools to VS Code's own agent. Forks of VS Code that lack the interface go without.

import * as vscode from "vscode";
import type { App } from "./app";
import { findServer, serverFlags } from "./binary";

/** What the list of servers calls it. Its tools begin with the name that the server gives itself. */
const label = "Sessions";

export function provideServerToAgents(app: App): vscode.Disposable[] {
  const lm = vscode.lm as typeof vscode.lm | undefined;
  if (typeof lm?.registerMcpServerDefinitionProvider !== "function") return [];
  const changed = new vscode.EventEmitter<void>();
  const version = (app.context.extension.packageJSON as { version: string }).version;
  const provider = lm.registerMcpServerDefinitionProvider("claudeSessions", {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: () => {
      const path = findServer(app.context);
      if (!path || !vscode.workspace.isTrusted) return [];
      return [new vscode.McpStdioServerDefinition(label, path, serverFlags(), {}, version)];
    },
  });
  return [
    provider,
    changed,
    vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration("claudeSessions")) changed.fire();
    }),
  ];
}
