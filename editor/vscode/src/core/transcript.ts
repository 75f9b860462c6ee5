// Reads a conversation page by page: from its end backwards, or around a message in both directions; and goes on
// reading at its end while the session runs.

import type { Lister } from "./catalog";
import { ToolError } from "./errors";
import type { Message, TranscriptPage } from "./types";

const pageOf = { format: "json", include_tools: "full", include_thinking: true, limit: 60, max_tokens: 24_000 };

export interface Part {
  messages: Message[];
  /** There is something before the first of them. */
  older: boolean;
  /** There is something after the last of them. */
  newer: boolean;
  subagents: string[];
}

export class TranscriptReader {
  private prev: string | undefined;
  private next: string | undefined; // to what is newer than all that was read; undefined: the end was read
  private last: string | undefined;
  private lastPrompt: string | undefined;
  private readonly begun = new Map<string, string>(); // uses that begin a sub-agent which is not known yet, and their messages

  constructor(
    private readonly server: Lister,
    readonly session: string,
    readonly subagent?: string,
  ) {}

  /** The uuid of the last message that was read towards the end. */
  get end(): string | undefined {
    return this.last;
  }

  /** The newest page; what was read before is forgotten. */
  async latest(): Promise<Part> {
    const page = await this.read({}).catch(nothingYet);
    this.begin(page.messages);
    this.prev = page.prev_cursor;
    return this.part(page.messages, page.subagents);
  }

  /** A message with what is before and after it; what was read before is forgotten. undefined: there is no such message. */
  async around(uuid: string): Promise<Part | undefined> {
    const page = await this.read({ from: uuid }).catch(notThere);
    if (!page) return undefined;
    const before = page.prev_cursor ? await this.read({ cursor: page.prev_cursor }) : undefined;
    const messages = [...(before?.messages ?? []), ...(page.messages ?? [])];
    this.begin(messages);
    this.prev = before?.prev_cursor;
    this.next = page.next_cursor;
    return this.part(messages, page.subagents);
  }

  /** The page before all that was read. */
  async older(): Promise<Part> {
    if (!this.prev) return this.part([]);
    const page = await this.read({ cursor: this.prev });
    this.prev = page.prev_cursor;
    return this.part(page.messages);
  }

  /** The page after all that was read, if the end was not. */
  async ahead(): Promise<Part> {
    if (!this.next) return this.part([]);
    const page = await this.read({ cursor: this.next });
    this.next = page.next_cursor;
    this.note(page.messages);
    return this.part(page.messages);
  }

  /**
   * What has been said since, from the last message that was read on: that one may have grown. Nothing as long as the
   * end was not read. undefined: read anew.
   */
  async newer(): Promise<Message[] | undefined> {
    if (this.next) return [];
    const from = this.begun.values().next().value ?? this.last;
    if (!from) return undefined;
    let page = await this.read({ from }).catch(notThere);
    const messages = [...(page?.messages ?? [])];
    while (page?.next_cursor) {
      page = await this.read({ cursor: page.next_cursor });
      messages.push(...(page.messages ?? []));
    }
    this.note(messages);
    return page && messages;
  }

  /** The prompt of the last turn, which tells what became of the turn once that has ended. */
  async prompt(): Promise<Message[]> {
    if (!this.lastPrompt) return [];
    return (await this.read({ from: this.lastPrompt, limit: 1 })).messages ?? [];
  }

  /** A message with nothing cut off. */
  async whole(uuid: string): Promise<Message | undefined> {
    return (await this.read({ from: uuid, limit: 1, max_tokens: 100_000 })).messages?.[0];
  }

  private read(args: Record<string, unknown>): Promise<TranscriptPage> {
    return this.server.call<TranscriptPage>("read_transcript", { session: this.session, subagent: this.subagent, ...pageOf, ...args });
  }

  private part(messages: Message[] = [], subagents: string[] = []): Part {
    return { messages, older: Boolean(this.prev), newer: Boolean(this.next), subagents };
  }

  private begin(messages: Message[] | undefined): void {
    this.prev = this.next = this.last = this.lastPrompt = undefined;
    this.begun.clear();
    this.note(messages);
  }

  private note(messages: Message[] = []): void {
    this.last = messages.at(-1)?.uuid ?? this.last;
    this.lastPrompt = messages.findLast((m) => m.turn_id)?.uuid ?? this.lastPrompt;
    for (const m of messages) {
      if (m.role === "user") this.begun.clear(); // what has no result by then gets none
      for (const u of m.tool_uses ?? []) {
        if (!u.tool_use_id) continue;
        if (beginsAgent(u.name) && !u.subagent) this.begun.set(u.tool_use_id, m.uuid);
        else this.begun.delete(u.tool_use_id);
      }
      for (const r of m.tool_results ?? []) this.begun.delete(r.tool_use_id ?? "");
    }
  }
}

/** What of the words that are being written is not in messages, which came after they were asked for. */
export function unsaid(writing: string, messages: readonly Message[]): string {
  let rest = writing.trim();
  for (const m of messages) {
    const text = m.role === "assistant" ? m.text?.trim() : undefined;
    if (!text) continue;
    if (rest.startsWith(text)) rest = rest.slice(text.length).trimStart();
    else if (text.startsWith(rest)) rest = "";
  }
  return rest;
}

const beginsAgent = (tool: string): boolean => tool === "Agent" || tool === "Task";

/** A session that was just started has said nothing yet. */
function nothingYet(error: unknown): Pick<TranscriptPage, "messages" | "prev_cursor" | "subagents"> {
  if (error instanceof ToolError && error.code === "session_missing") return {};
  throw error;
}

function notThere(error: unknown): undefined {
  if (error instanceof ToolError && error.code === "not_found") return undefined;
  throw error;
}
