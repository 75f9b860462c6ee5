// Allow, always, deny, answer.

import * as vscode from "vscode";
import type { App } from "../app";
import type { Handlers } from "../commands";
import { gone, missed } from "../commands/pick";
import { ToolError } from "../core/errors";
import { headline, type Decision } from "../core/request";
import type { Request } from "../core/types";
import { askQuestions } from "./form";
import { showRequest } from "./show";

export function requestCommands(app: App): Handlers {
  const decide = (decision: Decision) => async (argument?: unknown) => {
    const request = await targetRequest(app, argument, (r) => decision === "deny" || !r.question);
    if (request) await answer(app, request, { decision });
  };
  return {
    allow: decide("allow"),
    allowAlways: decide("allow_always"),
    deny: decide("deny"),
    answer: async (argument) => {
      const request = await targetRequest(app, argument, (r) => Boolean(r.question));
      const answers = request && (await askQuestions(request));
      if (request && answers) await answer(app, request, { decision: "allow", answers });
    },
    showRequest: async (argument) => {
      const request = await targetRequest(app, argument, () => true);
      if (request) await showRequest(request);
    },
  };
}

/** Answers a request. That somebody else was first is no error: the request is gone, as was wanted. */
export async function answer(app: App, request: Request, how: { decision: Decision; answers?: Record<string, string> }): Promise<void> {
  try {
    await app.server.call("answer_request", { session: request.session_id, request_id: request.request_id, ...how });
  } catch (error) {
    const late = error instanceof ToolError && (error.code === "not_found" || error.code === "conflict");
    if (!late) throw error;
    void vscode.window.setStatusBarMessage(vscode.l10n.t("Answered already, elsewhere."), 5000);
  }
}

async function targetRequest(app: App, argument: unknown, fits: (r: Request) => boolean): Promise<Request | undefined> {
  if (argument === gone) return missed();
  const open = app.busy.requests().filter(fits);
  if (typeof argument === "string") return open.find((r) => r.request_id === argument);
  const node = argument as { kind?: string; request?: Request } | undefined;
  if (node?.kind === "request") return node.request;
  if (open.length < 2) return open[0];
  const items = open.map((request) => ({ label: headline(request), description: app.busy.row(request.session_id)?.title, request }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Which request?") }))?.request;
}
