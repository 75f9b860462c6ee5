// Finds words in the conversation: in what was read first, then in what is older or newer, which is read for it.

import type { Message } from "../core/types";
import { button, el } from "./dom";
import { clearHighlights, highlight } from "./highlight";
import { word } from "./host";
import type { MessageList } from "./list";

export interface Finding {
  list: MessageList;
  /** Whether there is more on that side, and reading it: older (-1) or newer (1). */
  has(side: -1 | 1): boolean;
  read(side: -1 | 1): Promise<void>;
}

export class FindBar {
  private readonly input = el("input", { type: "search", "aria-label": word("find"), placeholder: word("find") });
  private readonly told = el("span", { class: "find-told", role: "status" });
  readonly node: HTMLElement;
  private at: string | undefined; // uuid of the match that is shown

  constructor(private readonly finding: Finding) {
    this.node = el(
      "div",
      { class: "find", role: "search", hidden: true },
      this.input,
      this.told,
      button("↑", () => void this.go(-1), { title: word("previous"), "aria-label": word("previous") }),
      button("↓", () => void this.go(1), { title: word("next"), "aria-label": word("next") }),
      button("✕", () => this.close(), { title: word("close"), "aria-label": word("close") }),
    );
    this.input.addEventListener("input", () => void this.begin());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void this.go(event.shiftKey ? 1 : -1);
      if (event.key === "Escape") this.close();
    });
  }

  open(text?: string): void {
    this.node.hidden = false;
    if (text !== undefined) {
      this.input.value = text;
      void this.begin();
    }
    this.input.focus();
    this.input.select();
  }

  close(): void {
    this.node.hidden = true;
    clearHighlights();
  }

  private begin(): Promise<void> {
    this.at = undefined;
    this.told.textContent = "";
    return this.go(-1);
  }

  /** To the next match: older (-1) or newer (1). The first is the newest. */
  private async go(step: 1 | -1): Promise<void> {
    const query = this.input.value.trim().toLowerCase();
    if (!query) return this.show(undefined, query, 0, 0);
    for (;;) {
      const hits = this.finding.list.messages().filter((m) => matches(m, query)).map((m) => m.uuid);
      const now = this.at === undefined ? hits.length : hits.indexOf(this.at);
      const next = hits[now + step];
      if (next !== undefined) {
        this.at = next;
        return this.show(next, query, now + step + 1, hits.length);
      }
      const side = this.at === undefined && !this.finding.has(-1) ? 1 : step;
      if (!this.finding.has(side)) {
        if (hits.length === 0) this.told.textContent = word("noMatch");
        return;
      }
      this.told.textContent = word("searching");
      await this.finding.read(side);
      if (this.input.value.trim().toLowerCase() !== query || this.node.hidden) return;
    }
  }

  private show(uuid: string | undefined, query: string, n: number, of: number): void {
    this.told.textContent = of > 0 ? word("matches", n, of) : "";
    const node = uuid ? this.finding.list.element(uuid) : undefined;
    if (!node) return;
    highlight(node, [query]);
  }
}

function matches(m: Message, query: string): boolean {
  const has = (text: string | undefined) => text?.toLowerCase().includes(query) ?? false;
  return (
    has(m.text) ||
    has(m.thinking) ||
    (m.tool_uses ?? []).some((u) => has(u.summary) || Object.values(u.input ?? {}).some((v) => has(typeof v === "string" ? v : JSON.stringify(v)))) ||
    (m.tool_results ?? []).some((r) => has(r.text))
  );
}
