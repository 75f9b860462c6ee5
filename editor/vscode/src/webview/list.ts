// A list of any length. Messages stand in chunks; a chunk far from what is seen is an empty box of its last height.

import type { Message } from "../core/types";
import { el } from "./dom";
import { messageElement, type Context } from "./message";

const chunkSize = 20;
const margin = "1500px"; // drawn ahead, above and below

interface Chunk {
  messages: Message[];
  node: HTMLElement;
  drawn: boolean;
}

export class MessageList {
  private chunks: Chunk[] = [];
  private readonly chunkOf = new Map<string, Chunk>(); // by uuid
  private readonly byNode = new WeakMap<Element, Chunk>();
  private readonly context: Context = { results: new Map(), uses: new Set(), opened: new Set() };
  private readonly watch: IntersectionObserver;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly box: HTMLElement,
  ) {
    this.watch = new IntersectionObserver((entries) => this.seen(entries), { root: scroller, rootMargin: margin });
  }

  /** All that is known, the oldest first. */
  messages(): Message[] {
    return this.chunks.flatMap((c) => c.messages);
  }

  clear(): void {
    this.watch.disconnect();
    this.chunks = [];
    this.chunkOf.clear();
    this.context.results.clear();
    this.context.uses.clear();
    this.box.replaceChildren();
  }

  /** Adds messages before all others. What is seen stays where it is. */
  prepend(messages: Message[]): void {
    const before = this.scroller.scrollHeight;
    const stay = this.scroller.scrollTop < 4;
    this.learn(messages);
    const fresh: Chunk[] = [];
    for (let i = 0; i < messages.length; i += chunkSize) fresh.push(this.chunk(messages.slice(i, i + chunkSize)));
    this.chunks.unshift(...fresh);
    this.box.prepend(...fresh.map((c) => c.node));
    for (const c of fresh) this.draw(c);
    if (stay) this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }

  /** Adds messages at the end; one that is known is drawn anew in its place. */
  append(messages: Message[]): void {
    const touched = this.learn(messages);
    for (const m of messages) {
      const known = this.chunkOf.get(m.uuid);
      if (known) {
        known.messages[known.messages.findIndex((x) => x.uuid === m.uuid)] = m;
        touched.add(known);
      } else touched.add(this.push(m));
    }
    for (const c of touched) this.draw(c);
  }

  /** Draws a message and returns it. */
  element(uuid: string): HTMLElement | undefined {
    const chunk = this.chunkOf.get(uuid);
    if (!chunk) return undefined;
    if (!chunk.drawn) this.draw(chunk);
    const find = (id: string) => chunk.node.querySelector<HTMLElement>(`[data-uuid="${CSS.escape(id)}"]`) ?? undefined;
    const own = find(uuid);
    if (own) return own;
    const id = chunk.messages.find((m) => m.uuid === uuid)?.tool_results?.[0]?.tool_use_id;
    const user = this.messages().find((m) => m.tool_uses?.some((u) => u.tool_use_id === id));
    return user && user.uuid !== uuid ? this.element(user.uuid) : undefined;
  }

  private push(m: Message): Chunk {
    let last = this.chunks.at(-1);
    if (!last || last.messages.length >= chunkSize) {
      last = this.chunk([]);
      this.chunks.push(last);
      this.box.append(last.node);
    }
    last.messages.push(m);
    this.chunkOf.set(m.uuid, last);
    return last;
  }

  private chunk(messages: Message[]): Chunk {
    const chunk: Chunk = { messages, node: el("div", { class: "chunk" }), drawn: false };
    for (const m of messages) this.chunkOf.set(m.uuid, chunk);
    this.byNode.set(chunk.node, chunk);
    this.watch.observe(chunk.node);
    return chunk;
  }

  /** Notes uses and results; returns the chunks of uses that have got their result. */
  private learn(messages: Message[]): Set<Chunk> {
    const touched = new Set<Chunk>();
    const { results, uses } = this.context;
    for (const m of messages) {
      for (const u of m.tool_uses ?? []) if (u.tool_use_id) uses.add(u.tool_use_id);
      for (const r of m.tool_results ?? []) if (r.tool_use_id) results.set(r.tool_use_id, { result: r, uuid: m.uuid });
    }
    const ids = new Set(messages.flatMap((m) => (m.tool_results ?? []).map((r) => r.tool_use_id)));
    if (ids.size === 0) return touched;
    for (const c of this.chunks.slice(-3)) if (c.messages.some((m) => m.tool_uses?.some((u) => ids.has(u.tool_use_id)))) touched.add(c);
    return touched;
  }

  private draw(chunk: Chunk): void {
    chunk.drawn = true;
    chunk.node.style.height = "";
    chunk.node.replaceChildren(...chunk.messages.map((m) => messageElement(m, this.context)).filter((n) => n !== undefined));
  }

  private seen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const chunk = this.byNode.get(entry.target);
      if (!chunk || entry.isIntersecting === chunk.drawn) continue;
      if (entry.isIntersecting) this.draw(chunk);
      else if (!chunk.node.contains(document.activeElement)) {
        chunk.node.style.height = `${chunk.node.offsetHeight}px`;
        chunk.node.replaceChildren();
        chunk.drawn = false;
      }
    }
  }
}
