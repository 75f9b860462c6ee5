// The words of the transcript's page, which cannot ask VS Code itself.

import * as vscode from "vscode";
import type { Words } from "../core/messages";

export function pageWords(): Words {
  const { t } = vscode.l10n;
  return {
    you: t("You"), claude: t("Claude"), system: t("System"), thinking: t("Thinking"), result: t("Result"), failed: t("failed"), noOutput: t("no output"),
    fork: t("Fork from here"), copy: t("Copy"), showAll: t("Show all"), older: t("Reading older messages…"), beginning: t("The beginning"),
    empty: t("Nothing was said yet."), find: t("Find in this conversation"), next: t("Next"), previous: t("Previous"), close: t("Close"),
    noMatch: t("not found"), matches: t("{0} of {1}"), searching: t("looking further back…"), prompt: t("Say what it is to do next"), send: t("Send"),
    queue: t("Queue"), steer: t("Steer"), interruptAnd: t("Interrupt and send"), interrupt: t("Interrupt"), mode: t("While it is at work"),
    allow: t("Allow"), always: t("Always"), deny: t("Deny"), answer: t("Answer…"), waits: t("Waits for you"), forkOf: t("Its parent"),
    remedy_compact: t("Sum it up now"), remedy_forkEarlier: t("Fork earlier…"), remedy_summarize: t("Start anew from a summary…"),
    remedy_raiseBudget: t("Raise the budget…"), remedy_login: t("Log in"),
    subagents: t("Sub-agents"), subagent: t("Sub-agent"), task: t("Task"), reading: t("Reading…"), olderOnes: t("Older messages"), openTab: t("Open in a tab"), openFile: t("Open file"), conversation: t("Conversation"), newest: t("To the newest"), queued: t("{0} in line"),
    context: t("{0} tokens of context"), turnCost: t("{0} · {1}"), costUnknown: t("cost unknown"), costEstimated: t("~{0} (estimated)"), cut: t("{0} of {1} characters"), working: t("At work"), inTokens: t("{0} in, {1} out"),
    status_idle: t("idle"), status_queued: t("queued"), status_running: t("running"), status_waiting: t("waiting for an answer"),
    status_failed: t("failed"), status_interrupted: t("interrupted"), status_missing: t("transcript missing"), turnsOne: t("1 turn"), turnsMany: t("{0} turns"),
  };
}
