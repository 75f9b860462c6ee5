// The page of a transcript: header, conversation, find bar, composer; and what the extension tells it.

import type { Head, Hit, ToWebview } from "../core/messages";
import { Composer } from "./composer";
import { button, el } from "./dom";
import { FindBar } from "./find";
import { Header } from "./header";
import { highlight } from "./highlight";
import { data, tell, word } from "./host";
import { MessageList } from "./list";
import { Live } from "./live";
import { SubagentViews } from "./subagent";

const header = new Header();
const composer = new Composer();
const beginning = el("p", { class: "beginning", hidden: true });
const box = el("div", { class: "messages" });
const live = new Live();
const scroller = el("main", { tabindex: "0", "aria-label": word("conversation") }, beginning, box, live.node);
const subagents = new SubagentViews(scroller);
const ofSubagent = data.state.subagent !== undefined;
const list = new MessageList(scroller, box, {
  asker: word(ofSubagent ? "task" : "you"),
  forkable: !ofSubagent,
  whole: (uuid) => tell({ type: "whole", uuid }),
  subagent: (name, use) => subagents.view(name, use),
});
const newest = button(word("newest"), () => toEnd(), { class: "newest", hidden: true });
const trouble = el("p", { class: "trouble", role: "alert", hidden: true });

type Side = -1 | 1;

const more = { [-1]: false, [1]: false }; // there is something older, newer, that was not read
const reading = new Map<Side, PromiseWithResolvers<boolean>>();
let sticky = true; // the end is seen, and stays seen
let state: Head | undefined;

const find = new FindBar({ list, has: (side) => more[side], read });
document.body.append(header.node, find.node, scroller, newest, trouble, composer.node);

/** Reads on towards what is older (-1) or newer (1). false: it could not be read. */
function read(side: Side): Promise<boolean> {
  const under = reading.get(side);
  if (under) return under.promise;
  const fresh = Promise.withResolvers<boolean>();
  reading.set(side, fresh);
  tell({ type: side < 0 ? "older" : "ahead" });
  return fresh.promise;
}

function wasRead(side: Side, well: boolean): void {
  reading.get(side)?.resolve(well);
  reading.delete(side);
}

function toEnd(): void {
  if (more[1]) return tell({ type: "latest" });
  scroller.scrollTop = scroller.scrollHeight;
  sticky = true;
  newest.hidden = true;
}

/** Shows a message in the middle, with the words in it that were looked for. false: it was not read. */
function show(hit: Hit): boolean {
  const node = list.mark(hit.uuid);
  if (!node) return false;
  sticky = false;
  highlight(node, hit.words);
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
  return true;
}

function tellBeginning(): void {
  beginning.hidden = false;
  beginning.textContent = more[-1] ? word("older") : list.messages().length === 0 ? word("empty") : word("beginning");
}

function showLive(): void {
  if (!state || more[1]) return live.hide();
  live.show(state, list.last()?.role === "assistant");
}

function take(head: Head): void {
  state = head;
  header.head(head);
  composer.head(head);
  showLive();
}

function received(m: ToWebview): void {
  switch (m.type) {
    case "head":
      take(m.head);
      break;
    case "latest":
      list.clear();
      subagents.clear();
      list.prepend(m.messages);
      more[-1] = m.older;
      more[1] = m.newer;
      header.subagents(m.subagents);
      tellBeginning();
      showLive();
      newest.hidden = !m.newer;
      if (!m.hit || !show(m.hit)) toEnd();
      break;
    case "older":
      more[-1] = m.older;
      list.prepend(m.messages);
      tellBeginning();
      wasRead(-1, true);
      break;
    case "ahead":
      more[1] = m.newer;
      list.append(m.messages);
      showLive();
      newest.hidden = !m.newer;
      wasRead(1, true);
      break;
    case "hit":
      if (!show(m.hit)) tell({ type: "around", hit: m.hit });
      break;
    case "newer":
      list.append(m.messages);
      take(m.head);
      tellBeginning();
      if (!sticky && m.messages.length > 1) newest.hidden = false;
      break;
    case "replace":
      if (m.subagent) subagents.received(m);
      else list.append([m.message]);
      break;
    case "subagent":
      subagents.received(m);
      break;
    case "sent":
      composer.sent(m.ok);
      if (m.ok) {
        trouble.hidden = true;
        toEnd();
      }
      break;
    case "trouble":
      trouble.hidden = false;
      trouble.textContent = [m.text, m.next].filter(Boolean).join(" ");
      wasRead(-1, false);
      wasRead(1, false);
      break;
  }
  if (sticky) scroller.scrollTop = scroller.scrollHeight;
}

scroller.addEventListener("scroll", () => {
  const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  sticky = !more[1] && below < 40;
  if (sticky) newest.hidden = true;
  if (more[-1] && scroller.scrollTop < 1200) void read(-1);
  if (more[1] && below < 1200) void read(1);
});
new ResizeObserver(() => sticky && toEnd()).observe(box);
window.addEventListener("message", (event: MessageEvent<ToWebview>) => received(event.data));
window.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "f") {
    event.preventDefault();
    find.open();
  }
});
tell({ type: "ready" });
