// Finds words in the conversation: in what was read first, then in what is older or newer, which is read for it. Of
// sub-agents, in what is unfolded.

import { button, el } from "./dom";
import { clearHighlights, highlight } from "./highlight";
import { word } from "./host";
import type { MessageList } from "./list";
import { matchesIn, type Match } from "./matches";

export interface Finding {
  list: MessageList;
  /** Whether there is more on that side, and reading it: older (-1) or newer (1). false: it could not be read. */
  has(side: -1 | 1): boolean;
  read(side: -1 | 1): Promise<boolean>;
}

export class FindBar {
  private readonly input = el("input", { type: "search", "aria-label": word("find"), placeholder: word("find") });
  private readonly told = el("span", { class: "find-told", role: "status" });
  readonly node: HTMLElement;
  private at: { where: string; n: number } | undefined; // the match that is shown, and its number among all

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
    clearHighlights();
    return this.go(-1);
  }

  /** To the next match: older (-1) or newer (1). The first is the newest. */
  private async go(step: 1 | -1): Promise<void> {
    const query = this.input.value.trim().toLowerCase();
    if (!query) return;
    for (;;) {
      const hits = matchesIn(this.finding.list, query);
      const now = this.place(hits, step);
      const next = hits[now + step];
      if (next) return this.show(next, query, now + step, hits.length);
      const side = !this.at && !this.finding.has(-1) ? 1 : step;
      if (!this.finding.has(side)) return this.tell(now, hits.length);
      this.told.textContent = word("searching");
      const read = await this.finding.read(side);
      if (this.input.value.trim().toLowerCase() !== query || this.node.hidden) return;
      if (!read) return void (this.told.textContent = "");
    }
  }

  /** The number of the match that is shown. One that is not there any more leaves its place to what comes next. */
  private place(hits: Match[], step: 1 | -1): number {
    const { at } = this;
    const now = hits.findIndex((h) => h.where === at?.where);
    if (now >= 0) return now;
    if (!at) return step < 0 ? hits.length : -1;
    return Math.min(at.n, hits.length) - (step < 0 ? 0 : 1);
  }

  private show(hit: Match, query: string, n: number, of: number): void {
    this.at = { where: hit.where, n };
    this.tell(n, of);
    const node = hit.element();
    if (node) highlight(node, [query]);
  }

  private tell(n: number, of: number): void {
    this.told.textContent = of > 0 ? word("matches", n + 1, of) : word("noMatch");
  }
}
