// What is near its limit or at it, in a sentence, with what can be done.

import { amount, dollars, moment, remaining } from "./format";
import type { Details, Limit } from "./types";
import { t } from "./words";

/** Something that can be done about a limit. */
export type Remedy = "compact" | "forkEarlier" | "summarize" | "raiseBudget" | "login";

export interface Notice {
  /** The same notice has the same id, until it is more urgent. */
  id: string;
  text: string;
  /** The limit is reached. */
  reached: boolean;
  remedies: Remedy[];
}

export const notices = (d: Details, now: Date): Notice[] => (d.session.limits ?? []).map((limit) => notice(limit, now));

function notice(limit: Limit, now: Date): Notice {
  const { kind, used = 0, max = 0 } = limit;
  const part = max > 0 ? used / max : 0;
  const at = limit.resets_at;
  const over = kind === "login" ? Date.parse(at ?? "") <= now.getTime() : part >= 1;
  return { id: `${kind} ${limit.window ?? ""} ${Math.floor(part * 20)} ${over}`, text: sentence(limit, part, now), reached: over, remedies: remedies[kind] ?? [] };
}

const remedies: Record<string, Remedy[]> = {
  context_window: ["compact", "forkEarlier", "summarize"],
  session_budget: ["raiseBudget"],
  login: ["login"],
};

function sentence(limit: Limit, part: number, now: Date): string {
  const { kind, used = 0, max = 0, resets_at: at } = limit;
  switch (kind) {
    case "context_window":
      return t("The context is {0} % full ({1} of {2} tokens). When it is full, Claude Code sums it up and forgets details.", Math.floor(part * 100), amount(used), amount(max));
    case "session_budget":
      if (limit.at_least && part < 1) return t("At least {0} of the session's budget of {1} are spent: the cost of some messages is not known.", dollars(used), dollars(max));
      return part < 1 ? t("{0} of the session's budget of {1} are spent.", dollars(used), dollars(max)) : t("The session's budget of {0} is spent: its turns are refused.", dollars(max));
    case "login":
      return at && Date.parse(at) > now.getTime() ? t("The login of Claude Code ends in {0}.", remaining(at, now)) : t("The login of Claude Code may have ended.");
    case "rate_limit":
      return rate(limit, part, now);
    default:
      return limit.message;
  }
}

function rate(limit: Limit, part: number, now: Date): string {
  if (limit.window === "refusals") return t("The account makes too many requests at once. Claude Code tries again by itself; let fewer turns run.");
  const what = windowName(limit.window);
  const used = part >= 1 ? t("The {0} of the account is reached: turns fail.", what) : part > 0 ? t("{0} % of the {1} of the account are used.", Math.floor(part * 100), what) : t("The {0} of the account is near.", what);
  return limit.resets_at ? `${used} ${t("It begins anew at {0}, in {1}.", moment(limit.resets_at, now), remaining(limit.resets_at, now))}` : used;
}

function windowName(window: string | undefined): string {
  switch (window) {
    case "five_hour": return t("5-hour limit");
    case "seven_day": return t("weekly limit");
    case "seven_day_opus": return t("weekly limit of Opus");
    case "seven_day_sonnet": return t("weekly limit of Sonnet");
    case "overage": return t("limit of extra usage");
    default: return t("limit of the plan");
  }
}

const soon = 7 * 24 * 3_600_000;

/** What is to be known of Claude Code's file of a session: that it is gone, or will be soon. */
export function fileNote(d: Details, now: Date): string | undefined {
  const { files, session } = d;
  const kept = (files?.stored_bytes ?? 0) > 0;
  if (files && !files.transcript) return kept ? t("Claude Code's file is gone; read from the copy, which comes back when you go on") : undefined;
  const at = session.expires_at;
  if (!at || Date.parse(at) - now.getTime() > soon) return undefined;
  return kept ? t("Claude Code deletes its file in {0}; the copy stays", remaining(at, now)) : t("Claude Code deletes its file in {0}, and there is no copy", remaining(at, now));
}
