// One message as an element.

import { amount, dollars } from "../core/format";
import type { Cost, Message, Tokens } from "../core/types";
import type { Context } from "./context";
import { button, el } from "./dom";
import { tell, word } from "./host";
import { render } from "./markdown";
import { looseResult, toolUse } from "./tool";

/** undefined when there is nothing to show: the results of tools stand with their uses. */
export function messageElement(m: Message, c: Context): HTMLElement | undefined {
  const loose = (m.tool_results ?? []).filter((r) => !r.tool_use_id || !c.uses.has(r.tool_use_id));
  if (!m.text && !m.thinking && !m.tool_uses?.length && loose.length === 0) return undefined;
  const who = m.role === "user" ? c.asker : m.role === "assistant" ? word("claude") : m.role === "tool" ? word("result") : word("system");
  const node = el("article", { class: `message ${m.role}${c.marked === m.uuid ? " here" : ""}`, "data-uuid": m.uuid, "aria-label": [who, clock(m.time)].filter(Boolean).join(", ") });
  node.append(head(m, who, c));
  if (m.thinking) node.append(thinking(m, c));
  if (m.text) node.append(text(m));
  if (m.cut_bytes) node.append(button(word("showAll"), () => c.whole(m.uuid), { class: "link" }));
  for (const use of m.tool_uses ?? []) {
    const found = use.tool_use_id ? c.results.get(use.tool_use_id) : undefined;
    node.append(toolUse(use, found?.result, found?.uuid ?? m.uuid, c));
  }
  for (const r of loose) node.append(looseResult(r, m.uuid, c));
  return node;
}

function head(m: Message, who: string, c: Context): HTMLElement {
  const facts = [clock(m.time)];
  if (m.turn) facts.push(word("turnCost", cost(m.turn.usage), used(m.turn.usage)));
  else if (m.tokens) facts.push(used(m.tokens));
  if (m.turn && m.turn.status !== "completed") facts.push(word(`status_${m.turn.status}`));
  const actions = el("span", { class: "actions" });
  if (c.forkable) actions.append(button(word("fork"), () => tell({ type: "fork", uuid: m.uuid })));
  if (m.text) actions.append(button(word("copy"), () => tell({ type: "copy", text: m.text ?? "" })));
  return el("div", { class: "message-head" }, el("strong", {}, who), el("span", { class: "facts" }, facts.filter(Boolean).join(" · ")), actions);
}

function used(t: Tokens): string {
  return word("inTokens", amount(t.input_tokens + t.cache_read_tokens + t.cache_creation_tokens), amount(t.output_tokens));
}

function cost(c: Cost): string {
  if (c.cost_usd === undefined) return word("costUnknown");
  return c.cost_estimated ? word("costEstimated", dollars(c.cost_usd)) : dollars(c.cost_usd);
}

function thinking(m: Message, c: Context): HTMLElement {
  const id = `thinking ${m.uuid}`;
  const node = el("details", { class: "thinking", open: c.opened.has(id) }, el("summary", {}, word("thinking")), el("p", {}, m.thinking ?? ""));
  node.addEventListener("toggle", () => (node.open ? c.opened.add(id) : c.opened.delete(id)));
  return node;
}

/** A person's words stand as they were written; the model's are Markdown. */
function text(m: Message): HTMLElement {
  const node = el("div", { class: "text" });
  if (m.role === "assistant") node.innerHTML = render(m.text ?? "");
  else node.append(el("p", { class: "plain" }, m.text ?? ""));
  for (const pre of node.querySelectorAll("pre")) pre.tabIndex = 0;
  return node;
}

const clock = (time: string | undefined): string => (time ? new Date(time).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }) : "");
