// Reads a conversation page by page, from its end backwards, and goes on reading at its end while the session runs.

import type { Lister } from "./catalog";
import { ToolError } from "./errors";
import type { Message, TranscriptPage } from "./types";

const pageOf = { format: "json", include_tools: "full", include_thinking: true, limit: 60, max_tokens: 24_000 };

export interface Part {
  messages: Message[];
  /** There is something before the first of them. */
  older: boolean;
  subagents: string[];
}

export class TranscriptReader {
  private prev: string | undefined;
  private last: string | undefined;
  private lastPrompt: string | undefined;

  constructor(
    private readonly server: Lister,
    readonly session: string,
    readonly subagent?: string,
  ) {}

  /** The newest page; what was read before is forgotten. */
  async latest(): Promise<Part> {
    const page = await this.read({}).catch(nothingYet);
    this.prev = page.prev_cursor;
    this.last = this.lastPrompt = undefined;
    this.note(page.messages);
    return { messages: page.messages ?? [], older: Boolean(this.prev), subagents: page.subagents ?? [] };
  }

  /** The page before all that was read. */
  async older(): Promise<Part> {
    if (!this.prev) return { messages: [], older: false, subagents: [] };
    const page = await this.read({ cursor: this.prev });
    this.prev = page.prev_cursor;
    return { messages: page.messages ?? [], older: Boolean(this.prev), subagents: page.subagents ?? [] };
  }

  /** What has been said since, from the last message that was read on: that one may have grown. undefined: read anew. */
  async newer(): Promise<Message[] | undefined> {
    if (!this.last) return undefined;
    const messages: Message[] = [];
    try {
      let page = await this.read({ from: this.last });
      messages.push(...(page.messages ?? []));
      while (page.next_cursor) {
        page = await this.read({ cursor: page.next_cursor });
        messages.push(...(page.messages ?? []));
      }
    } catch (error) {
      if (error instanceof ToolError && error.code === "not_found") return undefined;
      throw error;
    }
    this.note(messages);
    return messages;
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

  private note(messages: Message[] | undefined): void {
    this.last = messages?.at(-1)?.uuid ?? this.last;
    this.lastPrompt = messages?.findLast((m) => m.turn_id)?.uuid ?? this.lastPrompt;
  }
}

/** A session that was just started has said nothing yet. */
function nothingYet(error: unknown): Pick<TranscriptPage, "messages" | "prev_cursor" | "subagents"> {
  if (error instanceof ToolError && error.code === "session_missing") return {};
  throw error;
}
