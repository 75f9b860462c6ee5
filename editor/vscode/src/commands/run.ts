// Start, resume, fork, interrupt.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { busy } from "../core/format";
import type { Answer, Row } from "../core/types";
import type { Handlers, Parts } from "./index";
import { target } from "./pick";
import { askStart } from "./wizard";

export function runCommands(parts: Parts): Handlers {
  return {
    start: () => start(parts),
    resume: async (argument) => resume(parts, await target(parts, argument)),
    fork: async (argument, at) => fork(parts, await target(parts, argument), typeof at === "string" ? at : undefined),
    interrupt: async (argument) => {
      const row = await target(parts, argument, (r) => busy(r.status));
      if (row) await interrupt(parts, row);
    },
  };
}

async function start(parts: Parts): Promise<void> {
  const asked = await askStart(parts.app.context.globalState);
  if (!asked) return;
  const answer = await parts.app.server.call<Answer>("start_session", { ...asked, wait_seconds: 0, idempotency_key: randomUUID() });
  await parts.transcripts.open(answer.session.session_id, answer.session.title);
}

async function resume(parts: Parts, row: Row | undefined): Promise<void> {
  if (!row) return;
  const cutOff = row.status === "interrupted" || row.status === "failed";
  const prompt = await vscode.window.showInputBox({
    title: vscode.l10n.t("Resume “{0}”", row.title),
    prompt: cutOff ? vscode.l10n.t("What it is to do next; nothing: go on from where it was cut off") : vscode.l10n.t("What it is to do next"),
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() || cutOff ? undefined : vscode.l10n.t("Say what it is to do.")),
  });
  if (prompt === undefined) return;
  const if_busy = busy(row.status) ? await askBusy() : "queue";
  if (!if_busy) return;
  const what = prompt.trim() ? { prompt, if_busy } : { continue: true };
  await parts.app.server.call<Answer>("resume_session", { session: row.session_id, ...what, wait_seconds: 0, idempotency_key: randomUUID() });
  await parts.transcripts.open(row.session_id, row.title);
}

async function askBusy(): Promise<string | undefined> {
  const items = [
    { label: vscode.l10n.t("Queue"), detail: vscode.l10n.t("It waits until the running turn has ended."), mode: "queue" },
    { label: vscode.l10n.t("Steer"), detail: vscode.l10n.t("The running turn takes it in."), mode: "steer" },
    { label: vscode.l10n.t("Interrupt"), detail: vscode.l10n.t("The running turn is stopped, and this is next."), mode: "interrupt" },
  ];
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t("The session is at work") }))?.mode;
}

export async function fork(parts: Parts, row: Row | undefined, at: string | undefined): Promise<void> {
  if (!row) return;
  const title = at ? vscode.l10n.t("Fork “{0}” from this message", row.title) : vscode.l10n.t("Fork “{0}”", row.title);
  const prompt = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t("First prompt of the fork; nothing: it waits, and costs nothing"),
    ignoreFocusOut: true,
  });
  if (prompt === undefined) return;
  const args = { session: row.session_id, at, prompt: prompt.trim() || undefined, wait_seconds: 0, idempotency_key: randomUUID() };
  const { session } = await parts.app.server.call<Answer>("fork_session", args);
  await parts.transcripts.open(session.session_id, session.title);
  await parts.sessions.revealSoon(session.session_id);
}

async function interrupt(parts: Parts, row: Row): Promise<void> {
  await parts.app.server.call("interrupt_session", { session: row.session_id });
}
