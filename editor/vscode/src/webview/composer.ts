// Where the next prompt is written, and what waits for the person.

import { busy } from "../core/format";
import type { Head, SendMode } from "../core/messages";
import { body, editsOf, headline } from "../core/request";
import type { Request } from "../core/types";
import { button, el } from "./dom";
import { tell, word } from "./host";
import { diff } from "./tool";

export class Composer {
  private readonly input = el("textarea", { rows: "2", "aria-label": word("prompt"), placeholder: word("prompt") });
  private readonly mode = el("select", { "aria-label": word("mode") });
  private readonly send = el("button", { type: "submit", class: "primary" }, word("send"));
  private readonly stop = button(word("interrupt"), () => tell({ type: "interrupt" }));
  private readonly requests = el("div", { class: "requests" });
  private shown = "";
  readonly node: HTMLElement;

  constructor() {
    const modes: [SendMode, string][] = [["queue", word("queue")], ["steer", word("steer")], ["interrupt", word("interruptAnd")]];
    this.mode.hidden = this.stop.hidden = true; // until something runs
    this.mode.append(...modes.map(([value, label]) => el("option", { value }, label)));
    const form = el("form", { class: "composer" }, this.input, el("div", { class: "composer-row" }, this.stop, this.mode, this.send));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.node = el("footer", {}, this.requests, form);
  }

  head(head: Head): void {
    const atWork = busy(head.status);
    this.mode.hidden = this.stop.hidden = !atWork;
    const ids = head.requests.map((r) => r.request_id).join(" ");
    if (ids === this.shown) return;
    this.shown = ids;
    this.requests.replaceChildren(...head.requests.map(card));
  }

  /** The prompt was taken, or not. */
  sent(ok: boolean): void {
    this.send.disabled = this.input.readOnly = false;
    if (ok) this.input.value = "";
    this.input.focus();
  }

  private submit(): void {
    const prompt = this.input.value.trim();
    if (!prompt || this.send.disabled) return;
    this.send.disabled = this.input.readOnly = true;
    tell({ type: "send", prompt, mode: this.mode.hidden ? "queue" : (this.mode.value as SendMode) });
  }
}

function card(r: Request): HTMLElement {
  const edits = editsOf(r.tool_name, r.input ?? {});
  const answer = (decision: "allow" | "allow_always" | "deny") => () => tell({ type: "answer", request: r.request_id, decision });
  const buttons = r.question
    ? [button(word("answer"), () => tell({ type: "answerQuestion", request: r.request_id }), { class: "primary" })]
    : [button(word("allow"), answer("allow"), { class: "primary" }), ...(r.always ? [button(word("always"), answer("allow_always"), { title: r.always })] : [])];
  const shown = edits.length > 0 ? edits.map(diff) : r.question ? [] : [el("pre", { tabindex: "0", "aria-label": r.tool_name }, body(r))];
  return el("section", { class: "request", "aria-label": word("waits") }, el("strong", {}, headline(r)), ...shown, el("div", { class: "composer-row" }, ...buttons, button(word("deny"), answer("deny"))));
}
