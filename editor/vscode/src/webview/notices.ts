// Limits that are near, each in a line with what can be done; one that was closed comes again when it is more urgent.

import type { Notice } from "../core/notices";
import { button, el } from "./dom";
import { tell, word } from "./host";

export class Notices {
  private readonly closed = new Set<string>();
  private shown = "";
  readonly node = el("div", { class: "notices" });

  show(notices: Notice[]): void {
    const open = notices.filter((n) => !this.closed.has(n.id));
    const now = JSON.stringify(open);
    if (now === this.shown) return;
    this.shown = now;
    this.node.replaceChildren(...open.map((n) => this.line(n)));
  }

  private line(notice: Notice): HTMLElement {
    const actions = notice.remedies.map((remedy) => button(word(`remedy_${remedy}`), () => tell({ type: "remedy", remedy })));
    const close = () => {
      this.closed.add(notice.id);
      node.remove();
    };
    actions.push(button("✕", close, { class: "close", title: word("close"), "aria-label": word("close") }));
    const node = el("div", { class: `notice${notice.reached ? " reached" : ""}` }, el("span", { role: "status" }, notice.text), el("span", { class: "notice-actions" }, ...actions));
    return node;
  }
}
