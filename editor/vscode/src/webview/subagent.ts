// The conversations of sub-agents, each folded into the use of the tool that began it, and read when that is unfolded.

import type { ToWebview } from "../core/messages";
import type { Surroundings, Unfolding } from "./context";
import { button, el } from "./dom";
import { tell, word } from "./host";
import { MessageList } from "./list";

type News = Extract<ToWebview, { type: "subagent" }>;

export class SubagentViews {
  private readonly views = new Map<string, SubagentView>(); // by name and use

  constructor(private readonly scroller: HTMLElement) {}

  view(name: string, use: string): Unfolding {
    const key = `${name} ${use}`;
    const known = this.views.get(key);
    if (known) return known;
    const fresh = new SubagentView(name, this.scroller, (inner, of) => this.view(inner, of), () => this.folded(name));
    this.views.set(key, fresh);
    return fresh;
  }

  received(m: News | Extract<ToWebview, { type: "replace" }>): void {
    const name = m.type === "subagent" ? m.name : m.subagent;
    for (const view of this.views.values()) if (view.name === name) view.received(m);
  }

  /** Forgets them. What is unfolded when it is drawn anew is read anew. */
  clear(): void {
    for (const view of this.views.values()) view.end();
    this.views.clear();
  }

  /** One that several uses have begun is followed until it is folded in all of them. */
  private folded(name: string): void {
    for (const view of this.views.values()) if (view.name === name && view.open) return;
    tell({ type: "subagent", name, what: "close" });
  }
}

class SubagentView implements Unfolding {
  private readonly box = el("div", {});
  private readonly told = el("p", { class: "subagent-told", role: "status" }, word("reading"));
  private readonly older = button(word("olderOnes"), () => tell({ type: "subagent", name: this.name, what: "older" }), { class: "link", hidden: true });
  readonly list: MessageList;
  open = false;
  readonly node: HTMLElement;

  constructor(
    readonly name: string,
    scroller: HTMLElement,
    subagent: Surroundings["subagent"],
    private readonly folded: () => void,
  ) {
    const whole = (uuid: string) => tell({ type: "whole", uuid, subagent: name });
    this.list = new MessageList(scroller, this.box, { asker: word("task"), forkable: false, whole, subagent });
    const tab = button(word("openTab"), () => tell({ type: "openSubagent", name }), { class: "link" });
    this.node = el("section", { class: "subagent", "aria-label": word("subagent") }, el("div", { class: "subagent-head" }, this.older, tab), this.told, this.box);
  }

  /** What is unfolded only in passing, as a search does, is not read. */
  unfolded(open: boolean): void {
    setTimeout(() => {
      const details = this.node.parentElement;
      const now = open && this.node.isConnected && details instanceof HTMLDetailsElement && details.open;
      if (now === this.open) return;
      this.open = now;
      if (now) tell({ type: "subagent", name: this.name, what: "latest" });
      else this.folded();
    });
  }

  end(): void {
    this.list.clear();
    if (!this.open) return;
    this.open = false;
    this.folded();
  }

  received(m: News | Extract<ToWebview, { type: "replace" }>): void {
    if (!this.open) return;
    if (m.type === "replace") return this.list.append([m.message]);
    switch (m.what) {
      case "latest":
        this.list.clear();
        this.list.append(m.messages);
        this.older.hidden = !m.older;
        this.told.textContent = m.messages.length === 0 ? word("empty") : "";
        break;
      case "older":
        this.list.prepend(m.messages);
        this.older.hidden = !m.older;
        break;
      case "newer":
        this.list.append(m.messages);
        this.told.textContent = "";
        break;
      case "trouble":
        this.told.textContent = m.text;
        break;
    }
  }
}
