// What the session is, above its conversation.

import { amount, elapsed } from "../core/format";
import type { Head } from "../core/messages";
import { button, el } from "./dom";
import { tell, word } from "./host";
import { Notices } from "./notices";

export class Header {
  private readonly title = el("h1", {});
  private readonly status = el("span", { class: "status", role: "status" });
  private readonly facts = el("span", { class: "facts" });
  private readonly links = el("span", { class: "links" });
  private readonly parent = button(word("forkOf"), () => tell({ type: "parent" }), { class: "link", hidden: true });
  private readonly file = el("p", { class: "file-note", hidden: true });
  private readonly notices = new Notices();
  readonly node = el("header", {}, this.title, el("div", { class: "head-row" }, this.status, this.facts, this.parent, this.links), this.file, this.notices.node);

  head(h: Head): void {
    this.title.textContent = h.subagent ? `${h.title}: ${h.subagent.split("/").at(-1)}` : h.title;
    this.status.textContent = h.status === "waiting" && h.reason ? h.reason : word(`status_${h.status}`) + (h.reason ? `: ${h.reason}` : "");
    this.status.className = `status ${h.status}`;
    const running = h.status === "running" ? elapsed(h.startedAt, new Date()) : "";
    const turns = h.turns === 1 ? word("turnsOne") : word("turnsMany", h.turns);
    const facts = [running, turns, h.cost, h.model, h.contextTokens && word("context", amount(h.contextTokens)), h.queued > 0 && word("queued", h.queued)];
    this.facts.textContent = facts.filter(Boolean).join(" · ");
    this.parent.hidden = !h.parent;
    this.file.hidden = !h.file;
    this.file.textContent = h.file ?? "";
    this.notices.show(h.notices);
  }

  subagents(names: string[]): void {
    if (names.length === 0) return this.links.replaceChildren();
    const links = names.map((name) => button(name.split("/").at(-1) ?? name, () => tell({ type: "openSubagent", name }), { class: "link" }));
    this.links.replaceChildren(el("span", {}, `${word("subagents")}: `), ...links);
  }
}
