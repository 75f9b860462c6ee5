// The extension under test, as it is inside.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Inside } from "../../src/extension";
import type { Row } from "../../src/core/types";
import type { Node } from "../../src/views/nodes";

export const extension = vscode.extensions.getExtension<Inside>("claude-sessions.claude-sessions")!;

export async function inside(): Promise<Inside> {
  return extension.isActive ? extension.exports : extension.activate();
}

/** Waits for a condition, or for a value that is not undefined. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, patience = 50_000): Promise<T> {
  for (const end = Date.now() + patience; ; await new Promise((r) => setTimeout(r, 20))) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    assert.ok(Date.now() < end, `not within ${patience} ms: ${what}`);
  }
}

/** The process of the server, once it is ready. */
export async function serverProcess(not?: number): Promise<number> {
  const { app } = await inside();
  return until("the server is ready", () => {
    const { state } = app.server;
    return state.is === "ready" && state.pid !== null && state.pid !== not ? state.pid : undefined;
  });
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Rows of the Sessions view, with what VS Code is told to draw. */
export async function rows(below?: Node): Promise<{ node: Node; item: vscode.TreeItem; row: Row | undefined }[]> {
  const { app, sessions } = await inside();
  return sessions.getChildren(below).map((node) => ({ node, item: sessions.getTreeItem(node), row: node.kind === "session" ? app.catalog.get(node.id) : undefined }));
}

export async function row(title: string): Promise<{ node: Node; item: vscode.TreeItem; row: Row }> {
  return until(`a row of ${title}`, async () => {
    const found = (await rows()).find((r) => r.row?.title === title);
    return found as { node: Node; item: vscode.TreeItem; row: Row } | undefined;
  });
}
