// What stands above and below a conversation, of what the server says of its session.

import { cost } from "../core/format";
import type { Head } from "../core/messages";
import { fileNote, notices } from "../core/notices";
import type { Details } from "../core/types";

export function headOf(d: Details, writing: string, subagent: string | undefined): Head {
  const { session: s } = d;
  const now = new Date();
  return {
    session: s.session_id,
    title: s.title,
    status: s.status,
    reason: s.status_reason,
    activity: d.activity,
    writing: subagent ? "" : writing,
    notices: notices(d, now),
    file: fileNote(d, now),
    startedAt: d.turn?.started_at,
    cost: cost(s.usage),
    turns: s.turns,
    contextTokens: s.context_tokens,
    model: s.model ?? s.settings?.model,
    queued: d.queued ?? d.queue?.length ?? 0,
    parent: s.parent_id,
    subagent,
    requests: (d.requests ?? []).map((r) => ({ ...r, session_id: s.session_id })),
  };
}
