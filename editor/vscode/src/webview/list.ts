// A list of any length. Messages stand in chunks; a chunk far from what is seen is an empty box of its last height.

import type { Message, ToolResult, ToolUse } from "../core/types";
import type { Context, Surroundings } from "./context";
import { el } from "./dom";
import { messageElement } from "./message";

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
  private readonly context: Context;
  private readonly watch: IntersectionObserver;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly box: HTMLElement,
    surroundings: Surroundings,
  ) {
    this.context = { ...surroundings, results: new Map(), uses: new Map(), opened: new Set() };
    this.watch = new IntersectionObserver((entries) => this.seen(entries), { root: scroller, rootMargin: margin });
  }

  /** All that is known, the oldest first. */
  messages(): Message[] {
    return this.chunks.flatMap((c) => c.messages);
  }

  /** The last message that is shown by itself. */
  last(): Message | undefined {
    return this.chunks.at(-1)?.messages.findLast((m) => m.role !== "tool");
  }

  clear(): void {
    this.watch.disconnect();
    this.chunks = [];
    this.chunkOf.clear();
    this.context.results.clear();
    this.context.uses.clear();
    this.context.marked = undefined;
    this.box.replaceChildren();
  }

  /** Adds messages before all others. What is seen stays where it is. */
  prepend(messages: Message[]): void {
    const before = this.scroller.scrollHeight;
    const stay = this.scroller.scrollTop < 4;
    const touched = this.learn(messages);
    const fresh: Chunk[] = [];
    for (let i = 0; i < messages.length; i += chunkSize) fresh.push(this.chunk(messages.slice(i, i + chunkSize)));
    this.chunks.unshift(...fresh);
    this.box.prepend(...fresh.map((c) => c.node));
    for (const c of fresh) this.draw(c);
    this.redraw(touched);
    if (stay) this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }

  /** Adds messages at the end; one that is known and has changed is drawn anew in its place. */
  append(messages: Message[]): void {
    const changed = messages.filter((m) => !same(m, this.known(m.uuid)));
    const touched = this.learn(changed);
    for (const m of changed) {
      const chunk = this.chunkOf.get(m.uuid);
      if (chunk) chunk.messages[chunk.messages.findIndex((x) => x.uuid === m.uuid)] = m;
      else this.push(m);
      touched.add(m.uuid);
    }
    this.redraw(touched);
  }

  /** Draws a message and returns it: for the result of a tool, the message that has its use. */
  element(uuid: string): HTMLElement | undefined {
    const chunk = this.chunkOf.get(uuid);
    if (!chunk) return undefined;
    if (!chunk.drawn) this.draw(chunk);
    const own = chunk.node.querySelector<HTMLElement>(`:scope > [data-uuid="${CSS.escape(uuid)}"]`);
    if (own) return own;
    const user = this.context.uses.get(this.known(uuid)?.tool_results?.[0]?.tool_use_id ?? "");
    return user && user !== uuid ? this.element(user) : undefined;
  }

  /** Marks a message as the one that was looked for, and returns it. */
  mark(uuid: string): HTMLElement | undefined {
    const before = this.context.marked;
    this.context.marked = this.element(uuid)?.dataset.uuid;
    this.redraw(new Set([before, this.context.marked].filter((id) => id !== undefined)));
    return this.element(uuid);
  }

  /** The conversation of the sub-agent that the use of a tool began, if it is unfolded. */
  unfolded(use: ToolUse, uuid: string): MessageList | undefined {
    const { opened, results } = this.context;
    const id = use.tool_use_id ?? uuid;
    const name = opened.has(id) ? (use.subagent ?? results.get(id)?.result.subagent) : undefined;
    return name ? this.context.subagent(name, id).list : undefined;
  }

  /** Whether the result of a tool is the report of a sub-agent whose conversation is unfolded. */
  reported(result: ToolResult): boolean {
    const id = result.tool_use_id ?? "";
    const uuid = this.context.uses.get(id);
    const use = uuid ? this.known(uuid)?.tool_uses?.find((u) => u.tool_use_id === id) : undefined;
    return use !== undefined && this.unfolded(use, id) !== undefined;
  }

  private known(uuid: string): Message | undefined {
    return this.chunkOf.get(uuid)?.messages.find((m) => m.uuid === uuid);
  }

  private push(m: Message): void {
    let last = this.chunks.at(-1);
    if (!last || last.messages.length >= chunkSize) {
      last = this.chunk([]);
      last.drawn = true;
      this.chunks.push(last);
      this.box.append(last.node);
    }
    last.messages.push(m);
    this.chunkOf.set(m.uuid, last);
  }

  private chunk(messages: Message[]): Chunk {
    const chunk: Chunk = { messages, node: el("div", { class: "chunk" }), drawn: false };
    for (const m of messages) this.chunkOf.set(m.uuid, chunk);
    this.byNode.set(chunk.node, chunk);
    this.watch.observe(chunk.node);
    return chunk;
  }

  /** Notes uses and results; returns the uuids of messages whose uses or results have found each other. */
  private learn(messages: Message[]): Set<string> {
    const touched = new Set<string>();
    const { results, uses } = this.context;
    for (const m of messages) {
      for (const u of m.tool_uses ?? []) {
        if (!u.tool_use_id) continue;
        uses.set(u.tool_use_id, m.uuid);
        const before = results.get(u.tool_use_id);
        if (before) touched.add(before.uuid);
      }
    }
    for (const m of messages) {
      for (const r of m.tool_results ?? []) {
        if (!r.tool_use_id) continue;
        results.set(r.tool_use_id, { result: r, uuid: m.uuid });
        const user = uses.get(r.tool_use_id);
        if (user) touched.add(user);
      }
    }
    return touched;
  }

  /** Draws some messages anew, where their chunks are drawn at all; others keep their elements, and so what has the focus. */
  private redraw(uuids: Set<string>): void {
    const chunks = new Set([...uuids].map((id) => this.chunkOf.get(id)).filter((c) => c !== undefined));
    for (const c of chunks) if (c.drawn) this.draw(c, uuids);
  }

  private draw(chunk: Chunk, fresh?: Set<string>): void {
    chunk.drawn = true;
    chunk.node.style.height = "";
    const there = new Map([...chunk.node.children].map((node) => [(node as HTMLElement).dataset.uuid, node]));
    let at = chunk.node.firstElementChild;
    for (const m of chunk.messages) {
      const node = fresh && !fresh.has(m.uuid) ? there.get(m.uuid) : messageElement(m, this.context);
      if (!node) continue;
      if (node === at) at = at.nextElementSibling;
      else chunk.node.insertBefore(node, at);
    }
    while (at) {
      const gone = at;
      at = at.nextElementSibling;
      gone.remove();
    }
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

const same = (a: Message, b: Message | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
