// The use of a tool: folded, below a line that says what it did.

import { editsOf, patch, type Edit } from "../core/request";
import { show } from "../core/format";
import type { ToolResult, ToolUse } from "../core/types";
import type { Context } from "./context";
import { button, el } from "./dom";
import { tell, word } from "./host";

export function toolUse(use: ToolUse, result: ToolResult | undefined, uuid: string, c: Context): HTMLElement {
  const { opened } = c;
  const id = use.tool_use_id ?? uuid;
  const name = use.subagent ?? result?.subagent;
  const subagent = name ? c.subagent(name, id) : undefined;
  const node = el("details", { class: `tool${result?.is_error ? " failed" : ""}`, open: opened.has(id) });
  const what = use.summary.replace(new RegExp(`^${use.name.replace(/\W/g, "\\$&")}:? ?`), "");
  node.append(el("summary", {}, el("span", { class: "tool-name" }, use.name), el("span", { class: "tool-what" }, what), el("span", { class: "tool-fact" }, subagent ? word("subagent") : fact(result))));
  const fill = () => node.childElementCount === 1 && node.append(...(subagent ? delegated(use, result, subagent.node, uuid, c) : inside(use, result, uuid, c)));
  node.addEventListener("toggle", () => {
    if (node.open) opened.add(id);
    else opened.delete(id);
    if (node.open) fill();
    subagent?.unfolded(node.open);
  });
  if (node.open) fill();
  return node;
}

/** A result whose use is not here. */
export function looseResult(result: ToolResult, uuid: string, c: Context): HTMLElement {
  const node = el("details", { class: "tool" }, el("summary", {}, el("span", { class: "tool-name" }, result.name ?? word("result")), el("span", { class: "tool-fact" }, fact(result))));
  node.append(...resultBody(result, uuid, c));
  return node;
}

function fact(result: ToolResult | undefined): string {
  if (!result) return "";
  if (result.is_error) return word("failed");
  const lines = result.text.trim() === "" ? 0 : result.text.trim().split("\n").length;
  return lines === 0 ? word("noOutput") : `${lines} ↵`;
}

/** A sub-agent's task and its report stand in its conversation: of use and result, only what does not is shown. */
function delegated(use: ToolUse, result: ToolResult | undefined, conversation: HTMLElement, uuid: string, c: Context): HTMLElement[] {
  const settings = Object.entries(use.input ?? {}).filter(([name]) => name !== "description" && name !== "prompt");
  return [...(settings.length > 0 ? [fields(Object.fromEntries(settings))] : []), conversation, ...(result?.is_error ? resultBody(result, uuid, c) : [])];
}

function inside(use: ToolUse, result: ToolResult | undefined, uuid: string, c: Context): HTMLElement[] {
  const input = use.input ?? {};
  const edits = editsOf(use.name, input);
  const parts = edits.length > 0 ? edits.map(diff) : [fields(input)];
  if (use.cut_bytes) parts.push(button(word("showAll"), () => c.whole(uuid), { class: "link" }));
  return [...parts, ...(result ? resultBody(result, uuid, c) : [])];
}

function resultBody(result: ToolResult, uuid: string, c: Context): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (result.text.trim()) parts.push(el("pre", { class: "result", tabindex: "0", "aria-label": word("result") }, result.text));
  if (result.cut_bytes) {
    const label = `${word("showAll")} (${word("cut", result.text.length, result.cut_bytes)})`;
    parts.push(button(label, () => c.whole(uuid), { class: "link" }));
  }
  return parts;
}

/** An edit as a diff, under the name of its file. */
export function diff(edit: Edit): HTMLElement {
  const lines = patch(edit).map((l) => el("span", { class: l.sign === "+" ? "added" : l.sign === "-" ? "removed" : "kept" }, `${l.sign}${l.text}\n`));
  const open = button(edit.path, () => tell({ type: "openFile", path: edit.path }), { class: "link", title: word("openFile") });
  return el("div", { class: "edit" }, open, el("pre", { class: "diff", tabindex: "0", "aria-label": edit.path }, ...lines));
}

function fields(input: Record<string, unknown>): HTMLElement {
  const list = el("dl", { class: "fields" });
  for (const [name, value] of Object.entries(input)) {
    const text = show(value);
    list.append(el("dt", {}, name), el("dd", {}, text.includes("\n") ? el("pre", { tabindex: "0", "aria-label": name }, text) : el("code", {}, text)));
  }
  return list;
}
