// Where words stand in a conversation, and in those of the sub-agents that are unfolded in it.

import type { Message, ToolUse } from "../core/types";
import type { MessageList } from "./list";

export interface Match {
  /** The same for as long as the message is there, however often it is drawn. */
  where: string;
  /** Draws the message and returns it. */
  element(): HTMLElement | undefined;
}

/** The messages that have the words, in lower case, in the order in which they are shown. */
export function matchesIn(list: MessageList, query: string): Match[] {
  return list.messages().flatMap((m) => [...(says(m, query, list) ? [{ where: m.uuid, element: () => list.element(m.uuid) }] : []), ...inside(m, query, list)]);
}

function inside(m: Message, query: string, list: MessageList): Match[] {
  return (m.tool_uses ?? []).flatMap((use) => {
    const inner = list.unfolded(use, m.uuid);
    if (!inner) return [];
    return matchesIn(inner, query).map((match) => ({
      where: `${m.uuid} ${use.tool_use_id ?? ""} ${match.where}`,
      element: () => (list.element(m.uuid) ? match.element() : undefined),
    }));
  });
}

/** A sub-agent's task and its report stand in its conversation: where that is shown, they are found there. */
function says(m: Message, query: string, list: MessageList): boolean {
  const has = (text: string | undefined) => text?.toLowerCase().includes(query) ?? false;
  const input = (u: ToolUse) => Object.entries(u.input ?? {}).filter(([name]) => name !== "prompt" || !list.unfolded(u, m.uuid));
  return (
    has(m.text) ||
    has(m.thinking) ||
    (m.tool_uses ?? []).some((u) => has(u.summary) || input(u).some(([, v]) => has(typeof v === "string" ? v : JSON.stringify(v)))) ||
    (m.tool_results ?? []).some((r) => has(r.text) && (r.is_error || !list.reported(r)))
  );
}
