// Marks words in a message, and unfolds what they are in.

/** Marks words in node and shows the first of them, that of the message itself before those of its sub-agents; node itself if there is none. */
export function highlight(node: HTMLElement, words: string[]): void {
  const lower = words.map((w) => w.toLowerCase()).filter(Boolean);
  const within = (text: string | null) => lower.some((w) => text?.toLowerCase().includes(w));
  for (const d of node.querySelectorAll("details")) if (within(d.textContent) || !d.open) unfold(d, within);
  const ranges = lower.flatMap((w) => rangesOf(node, w)).sort((a, b) => a.compareBoundaryPoints(Range.START_TO_START, b));
  const here = ranges.find((r) => conversation(r.startContainer.parentElement) === conversation(node)) ?? ranges[0];
  CSS.highlights.set("find", new Highlight(...ranges));
  if (here) CSS.highlights.set("find-here", new Highlight(here));
  else CSS.highlights.delete("find-here");
  (here?.startContainer.parentElement ?? node).scrollIntoView({ block: "center" });
}

export function clearHighlights(): void {
  CSS.highlights.delete("find");
  CSS.highlights.delete("find-here");
}

/** The one of a sub-agent that a node is in, if it is in one. */
const conversation = (node: Element | null): Element | null => node?.closest(".subagent") ?? null;

/** Opens what is folded if the words are in it. */
function unfold(d: HTMLDetailsElement, within: (text: string | null) => boolean): void {
  const was = d.open;
  d.open = true;
  d.dispatchEvent(new Event("toggle"));
  if (!was && !within(d.textContent)) d.open = false;
}

function rangesOf(node: HTMLElement, word: string): Range[] {
  const ranges: Range[] = [];
  const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const lower = (text.nodeValue ?? "").toLowerCase();
    for (let i = lower.indexOf(word); i >= 0; i = lower.indexOf(word, i + word.length)) {
      const range = new Range();
      range.setStart(text, i);
      range.setEnd(text, i + word.length);
      ranges.push(range);
    }
  }
  return ranges;
}
