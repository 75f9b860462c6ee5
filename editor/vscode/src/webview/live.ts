// What the running turn says before it is in the transcript, and what it does. It stands where the message will stand,
// and looks as that will, so that nothing moves when the message takes its place.

import { busy } from "../core/format";
import type { Head } from "../core/messages";
import { el } from "./dom";
import { word } from "./host";
import { render } from "./markdown";

export class Live {
  private readonly who = el("strong", {}, word("claude"));
  private readonly text = el("div", { class: "text" });
  private readonly message = el("div", { class: "message assistant writing", hidden: true }, el("div", { class: "message-head" }, this.who), this.text);
  private readonly activity = el("p", { class: "activity" });
  private shown = "";
  readonly node = el("div", { class: "live", hidden: true }, this.message, this.activity);

  /** continued: the model has said what stands before, so that its name is not said again. */
  show(head: Head, continued: boolean): void {
    this.node.hidden = !busy(head.status);
    this.who.hidden = continued;
    this.message.hidden = !head.writing;
    this.activity.textContent = head.activity || head.reason || word("working");
    if (head.writing === this.shown) return;
    this.shown = head.writing;
    this.text.innerHTML = head.writing ? render(head.writing) : "";
    for (const pre of this.text.querySelectorAll("pre")) pre.tabIndex = 0;
  }

  hide(): void {
    this.node.hidden = true;
  }
}
