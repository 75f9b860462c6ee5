// The sub-agents whose conversations are unfolded in a transcript: each is read for its webview, and followed.

import { sentence } from "../core/errors";
import type { Lister } from "../core/catalog";
import type { ToHost, ToWebview } from "../core/messages";
import { TranscriptReader } from "../core/transcript";

type Wish = Extract<ToHost, { type: "subagent" }>;

export class Subagents {
  private readonly readers = new Map<string, TranscriptReader>();

  constructor(
    private readonly server: Lister,
    private readonly session: string,
    private readonly tell: (message: ToWebview) => void,
  ) {}

  clear(): void {
    this.readers.clear();
  }

  /** Does what the webview wants of one. What goes wrong is told where it would be shown. */
  async wish({ name, what }: Wish): Promise<void> {
    if (what === "close") return void this.readers.delete(name);
    const known = this.readers.get(name);
    const reader = known ?? new TranscriptReader(this.server, this.session, name);
    this.readers.set(name, reader);
    try {
      this.tell({ type: "subagent", name, what, ...(what === "older" ? await reader.older() : await reader.latest()) });
    } catch (error) {
      if (!known) this.readers.delete(name);
      this.tell({ type: "subagent", name, what: "trouble", text: sentence(error) });
    }
  }

  /** Tells what they have said since. */
  async follow(): Promise<void> {
    for (const [name, reader] of this.readers) {
      const messages = await reader.newer();
      if (!messages) this.tell({ type: "subagent", name, what: "latest", ...(await reader.latest()) });
      else if (messages.length > 0) this.tell({ type: "subagent", name, what: "newer", messages });
    }
  }

  /** A message of one of them with nothing cut off. */
  async whole(name: string, uuid: string): Promise<void> {
    const message = await this.readers.get(name)?.whole(uuid);
    if (message) this.tell({ type: "replace", message, subagent: name });
  }
}
