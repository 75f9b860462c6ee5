// The page of a transcript: header, conversation, find bar, composer; and what the extension tells it.

import { busy } from "../core/format";
import type { Head, ToWebview } from "../core/messages";
import { Composer } from "./composer";
import { button, el } from "./dom";
import { FindBar } from "./find";
import { Header } from "./header";
import { tell, word } from "./host";
import { MessageList } from "./list";
import { render } from "./markdown";

const header = new Header();
const composer = new Composer();
const beginning = el("p", { class: "beginning", hidden: true });
const box = el("div", { class: "messages" });
const live = el("div", { class: "live", hidden: true });
const scroller = el("main", { tabindex: "0", "aria-label": word("conversation") }, beginning, box, live);
const list = new MessageList(scroller, box);
const newest = button(word("newest"), () => toEnd(), { class: "newest", hidden: true });
const trouble = el("p", { class: "trouble", role: "alert", hidden: true });

let older = false;
let reading: { done: Promise<void>; resolve: () => void } | undefined;
let sticky = true; // the end is seen, and stays seen
let state: Head | undefined;

const find = new FindBar({ list, hasOlder: () => older, readOlder });
document.body.append(header.node, find.node, scroller, newest, trouble, composer.node);

function readOlder(): Promise<void> {
  if (reading) return reading.done;
  let resolve = () => {};
  const done = new Promise<void>((r) => (resolve = r));
  reading = { done, resolve };
  tell({ type: "older" });
  return done;
}

function toEnd(): void {
  scroller.scrollTop = scroller.scrollHeight;
  sticky = true;
  newest.hidden = true;
}

function tellBeginning(): void {
  beginning.hidden = false;
  beginning.textContent = older ? word("older") : list.messages().length === 0 ? word("empty") : word("beginning");
}

/** What the running turn says before it is in the transcript. */
function showLive(): void {
  const words = state?.lastWords?.trim() ?? "";
  const last = list.messages().findLast((m) => m.role === "assistant" && m.text);
  const fresh = words && !last?.text?.includes(words) ? words : "";
  const atWork = state !== undefined && busy(state.status);
  live.hidden = !atWork;
  const text = el("div", { class: "text" });
  text.innerHTML = fresh ? render(fresh) : "";
  live.replaceChildren(text, el("p", { class: "activity" }, state?.activity || state?.reason || word("working")));
}

function received(m: ToWebview): void {
  switch (m.type) {
    case "head":
      state = m.head;
      header.head(m.head);
      composer.head(m.head);
      showLive();
      break;
    case "latest":
      list.clear();
      list.prepend(m.messages);
      older = m.older;
      header.subagents(m.subagents);
      tellBeginning();
      toEnd();
      break;
    case "older":
      older = m.older;
      list.prepend(m.messages);
      tellBeginning();
      reading?.resolve();
      reading = undefined;
      break;
    case "newer":
      list.append(m.messages);
      showLive();
      tellBeginning();
      if (!sticky && m.messages.length > 1) newest.hidden = false;
      break;
    case "replace":
      list.append([m.message]);
      break;
    case "find":
      find.open(m.text);
      break;
    case "sent":
      composer.sent(m.ok);
      if (m.ok) trouble.hidden = true;
      break;
    case "trouble":
      trouble.hidden = false;
      trouble.textContent = [m.text, m.next].filter(Boolean).join(" ");
      reading?.resolve();
      reading = undefined;
      break;
  }
  if (sticky) scroller.scrollTop = scroller.scrollHeight;
}

scroller.addEventListener("scroll", () => {
  sticky = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  if (sticky) newest.hidden = true;
  if (older && scroller.scrollTop < 1200) void readOlder();
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
