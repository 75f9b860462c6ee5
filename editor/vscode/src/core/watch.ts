// Watches single sessions: as long as somebody holds one, the server tells what it does, at most once a second.

import { Emitter } from "./emitter";
import { sentence } from "./errors";

export interface Subscriber {
  subscribe(uri: string): Promise<void>;
  unsubscribe(uri: string): Promise<void>;
}

const uriOf = (id: string): string => `session://${id}`;

export class Watch {
  private readonly held = new Set<string>();

  /** The id of a session that is held and does something else now, or has changed otherwise. */
  readonly changed = new Emitter<string>();

  constructor(
    private readonly server: Subscriber,
    private readonly log: (line: string) => void,
  ) {}

  /** Holds these sessions from now on, and no others. */
  hold(ids: string[]): void {
    for (const id of this.held) if (!ids.includes(id)) this.letGo(id);
    for (const id of ids) {
      if (this.held.has(id)) continue;
      this.held.add(id);
      this.ask(this.server.subscribe(uriOf(id)), id);
    }
  }

  /** A new connection knows of nothing that was held. */
  begin(): void {
    for (const id of this.held) this.ask(this.server.subscribe(uriOf(id)), id);
  }

  /** A resource has changed. */
  updated(uri: string): void {
    const id = uri.slice("session://".length);
    if (this.held.has(id)) this.changed.fire(id);
  }

  private letGo(id: string): void {
    this.held.delete(id);
    this.ask(this.server.unsubscribe(uriOf(id)), id);
  }

  private ask(asked: Promise<void>, id: string): void {
    asked.catch((error: unknown) => this.log(`watching ${id}: ${sentence(error)}`));
  }
}
