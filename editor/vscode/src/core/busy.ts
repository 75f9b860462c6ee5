// The sessions at which something is going on: what each of them does, and what they ask of a person. get_session says
// it, once for each change; of one session one call is under way and at most one waits.

import { Emitter } from "./emitter";
import { sentence } from "./errors";
import { busy } from "./format";
import type { Lister } from "./catalog";
import type { Changes, Details, Request, Row, SessionPage } from "./types";

export class Busy {
  private readonly rows = new Map<string, Row>();
  private readonly details = new Map<string, Details>();
  private readonly asking = new Map<string, { again: boolean }>();

  readonly changed = new Emitter<void>();

  constructor(
    private readonly server: Lister,
    private readonly log: (line: string) => void,
  ) {}

  /** Sessions that run or wait in line, those that began first at the top. */
  running(): { row: Row; details: Details | undefined }[] {
    const all = [...this.rows.values()].map((row) => ({ row, details: this.details.get(row.session_id) }));
    return all.sort((a, b) => began(a.details).localeCompare(began(b.details)) || a.row.session_id.localeCompare(b.row.session_id));
  }

  /** Open requests, the oldest first. */
  requests(): Request[] {
    const open = [...this.details].flatMap(([id, d]) => (d.requests ?? []).map((r) => ({ ...r, session_id: id })));
    return open.sort((a, b) => (a.opened_at ?? "").localeCompare(b.opened_at ?? ""));
  }

  row(id: string): Row | undefined {
    return this.rows.get(id);
  }

  /** Starts anew. */
  async load(): Promise<void> {
    const page = await this.server.call<SessionPage>("list_sessions", { status: ["running", "waiting", "queued"], archived: "any", limit: 200 });
    const before = [...this.rows.keys()];
    this.rows.clear();
    for (const row of page.sessions) this.rows.set(row.session_id, row);
    for (const id of before) if (!this.rows.has(id)) this.details.delete(id);
    this.changed.fire();
    await Promise.all(page.sessions.map((row) => this.ask(row.session_id)));
  }

  async apply(changes: Changes): Promise<void> {
    if (changes.resync) return this.load();
    const work: Promise<void>[] = [];
    let ended = false;
    for (const row of changes.sessions) {
      if (busy(row.status)) {
        this.rows.set(row.session_id, row);
        work.push(this.ask(row.session_id));
      } else ended = this.forget(row.session_id) || ended;
    }
    for (const id of changes.deleted ?? []) ended = this.forget(id) || ended;
    if (ended) this.changed.fire();
    await Promise.all(work);
  }

  /** Asks again what one of them does. */
  async look(id: string): Promise<void> {
    if (this.rows.has(id)) await this.ask(id);
  }

  private forget(id: string): boolean {
    this.details.delete(id);
    return this.rows.delete(id);
  }

  private async ask(id: string): Promise<void> {
    const under = this.asking.get(id);
    if (under) {
      under.again = true;
      return;
    }
    const mine = { again: false };
    this.asking.set(id, mine);
    try {
      do {
        mine.again = false;
        const details = await this.server.call<Details>("get_session", { session: id });
        if (!this.rows.has(id)) break;
        this.details.set(id, details);
        if (!busy(details.session.status)) this.forget(id);
        this.changed.fire();
      } while (mine.again);
    } catch (error) {
      this.log(`asking for ${id}: ${sentence(error)}`);
    } finally {
      this.asking.delete(id);
    }
  }
}

const began = (d: Details | undefined): string => d?.turn?.started_at ?? "9999";
