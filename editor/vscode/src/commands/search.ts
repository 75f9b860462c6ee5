// Finds words in what was said in all sessions.

import * as vscode from "vscode";
import { sentence } from "../core/errors";
import { searchWords } from "../core/format";
import type { Parts } from "./index";

interface Hit {
  session_id: string;
  title: string;
  subagent?: string;
  uuid?: string;
  role?: string;
  snippet?: string;
}

/** A hit, or why there is none. */
type Item = vscode.QuickPickItem & { hit?: Hit };

export async function search({ app, transcripts }: Parts): Promise<void> {
  const box = vscode.window.createQuickPick<Item>();
  box.placeholder = vscode.l10n.t("Words of what was said, in any session");
  let asked = 0;
  box.onDidChangeValue(async (query) => {
    const mine = ++asked;
    if (query.trim().length < 2) return void (box.items = []);
    box.busy = true;
    try {
      const hits = await findHits(app.server, query);
      if (mine === asked) box.items = hits.map(item);
    } catch (error) {
      if (mine === asked) box.items = [{ label: `$(error) ${sentence(error)}`, alwaysShow: true }];
    } finally {
      if (mine === asked) box.busy = false;
    }
  });
  box.onDidAccept(() => {
    const chosen = box.selectedItems[0]?.hit;
    box.hide();
    if (!chosen) return;
    const hit = chosen.uuid ? { uuid: chosen.uuid, words: searchWords(box.value) } : undefined;
    void transcripts.open(chosen.session_id, chosen.title, { subagent: chosen.subagent, hit });
  });
  box.onDidHide(() => box.dispose());
  box.show();
}

const item = (hit: Hit): Item => ({ label: hit.title, detail: hit.snippet?.replace(/\s+/g, " "), description: hit.role, alwaysShow: true, hit });

async function findHits(server: Parts["app"]["server"], query: string): Promise<Hit[]> {
  return (await server.call<{ hits?: Hit[] }>("search_sessions", { query, limit: 30 })).hits ?? [];
}
