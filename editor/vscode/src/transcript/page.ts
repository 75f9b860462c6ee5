// The page of a transcript's webview. All that it loads is ours; its words come from here, translated.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { pageWords } from "./words";

export function page(webview: vscode.Webview, media: vscode.Uri, state: { session: string; subagent?: string }): string {
  const nonce = randomBytes(16).toString("base64");
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(media, name)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  const data = escape(JSON.stringify({ words: pageWords(), state: { session: state.session, subagent: state.subagent } }));
  return `<!doctype html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(vscode.l10n.t("Transcript"))}</title>
<link rel="stylesheet" href="${uri("transcript.css")}">
</head>
<body data-page="${data}">
<script nonce="${nonce}" src="${uri("transcript.js")}"></script>
</body>
</html>`;
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
