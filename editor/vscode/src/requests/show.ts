// A request in full: an edit as a diff of the file, anything else as text.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import { body, editsOf, headline } from "../core/request";
import type { Request } from "../core/types";

const scheme = "claude-sessions-request";
const texts = new Map<string, string>();

/** Serves what showRequest opens. */
export function requestDocuments(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? "",
  });
}

export async function showRequest(request: Request): Promise<void> {
  const edits = editsOf(request.tool_name, request.input ?? {});
  const first = edits[0];
  if (!first) {
    const uri = virtual(request, "request.txt", `${headline(request)}\n\n${body(request)}`);
    await vscode.window.showTextDocument(uri, { preview: true });
    return;
  }
  const now = await readFile(first.path, "utf8").catch(() => "");
  const whole = request.tool_name === "Write";
  const known = whole || edits.every((e) => now.includes(e.before));
  const before = known ? now : edits.map((e) => e.before).join("\n…\n");
  const after = known && !whole ? edits.reduce((text, e) => text.replace(e.before, () => e.after), now) : edits.map((e) => e.after).join("\n…\n");
  const name = basename(first.path);
  await vscode.commands.executeCommand(
    "vscode.diff",
    virtual(request, `before/${name}`, before),
    virtual(request, `after/${name}`, after),
    vscode.l10n.t("{0}: what would change", name),
    { preview: true },
  );
}

function virtual(request: Request, name: string, text: string): vscode.Uri {
  const uri = vscode.Uri.from({ scheme, path: `/${request.request_id}/${name}` });
  texts.set(uri.toString(), text);
  return uri;
}
