// Follows session://index: the server tells that something has changed, and what has changed since the last seq is
// read. Nothing is polled, and no change is lost: what comes while one reads is read next.

import { Emitter } from "./emitter";
import { sentence } from "./errors";
import type { Changes } from "./types";

const index = "session://index";

export interface Source {
  read<T>(uri: string): Promise<T>;
  subscribe(uri: string): Promise<void>;
}

export class Follower {
  private next: string | undefined;
  private reading: Promise<void> | undefined;
  private again = false;

  /** What has changed. With resync, all may have: list anew. */
  readonly changed = new Emitter<Changes>();

  constructor(
    private readonly source: Source,
    private readonly log: (line: string) => void,
  ) {}

  /** From now on, on a new connection. Resolves when what is listed afterwards misses no change. */
  async begin(): Promise<void> {
    await this.source.subscribe(index);
    const now = await this.source.read<Changes>(index);
    this.next = now.next;
  }

  /** A resource has changed. */
  updated(uri: string): void {
    if (uri !== index || !this.next) return;
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = this.read().finally(() => (this.reading = undefined));
  }

  private async read(): Promise<void> {
    do {
      this.again = false;
      try {
        const changes = await this.source.read<Changes>(this.next ?? index);
        this.next = changes.next;
        if (changes.more) this.again = true;
        this.changed.fire(changes);
      } catch (error) {
        this.log(`following sessions: ${sentence(error)}`); // the next change is read with this one
        return;
      }
    } while (this.again);
  }
}
