// The sessions that are shown: pages of list_sessions, kept up to date by changes. It holds rows as the server sent
// them, and knows nothing that the server did not say.

import { Emitter } from "./emitter";
import { asArguments, fits, type Filter } from "./filter";
import { Forest } from "./forest";
import type { Changes, Row, SessionPage } from "./types";

export const pageSize = 200;

export interface Lister {
  call<T>(tool: string, args?: Record<string, unknown>): Promise<T>;
}

export class Catalog {
  private rows = new Map<string, Row>();
  private cursor: string | undefined;
  private oldest = ""; // updated_at of the last row that was listed
  private pages = 1; // that are listed
  private generation = 0;
  private loadingMore: Promise<void> | undefined;
  private forestOf: Forest | undefined;
  private readonly rootless = new Set<string>(); // forks whose parent is gone

  total = 0;
  importing = "";
  loaded = false;
  filter: Filter = {};

  /** Ids whose rows changed in place; undefined: anything. */
  readonly changed = new Emitter<string[] | undefined>();

  constructor(private readonly server: Lister) {}

  get(id: string): Row | undefined {
    return this.rows.get(id);
  }

  all(): Row[] {
    return [...this.rows.values()];
  }

  get hasMore(): boolean {
    return this.cursor !== undefined;
  }

  /** The trees that the rows make. */
  get forest(): Forest {
    return (this.forestOf ??= new Forest(this.rows));
  }

  /** Lists anew, as many pages as there were. */
  async load(): Promise<void> {
    const generation = ++this.generation;
    const rows = new Map<string, Row>();
    let page = await this.page(undefined);
    let listed = 1;
    for (; ; listed++) {
      if (generation !== this.generation) return;
      this.add(rows, page.sessions);
      if (!page.next_cursor || listed >= this.pages) break;
      page = await this.page(page.next_cursor);
    }
    this.pages = listed;
    this.rows = rows;
    this.take(page);
    this.loaded = true;
    this.refresh();
  }

  /** Lists a page more. Calls while one is under way are that one. */
  more(): Promise<void> {
    if (this.cursor === undefined) return Promise.resolve();
    return (this.loadingMore ??= this.nextPage().finally(() => (this.loadingMore = undefined)));
  }

  /** Takes over what has changed. */
  async apply(changes: Changes): Promise<void> {
    if (changes.resync || (this.filter.text && changes.sessions.length > 0)) return this.load();
    const before = this.rows.size;
    for (const id of changes.deleted ?? []) this.rows.delete(id);
    for (const row of changes.sessions) this.put(row);
    if (this.rows.size > (this.pages + 1) * pageSize) return this.load(); // a first import: pages keep it small
    this.total += this.rows.size - before;
    await this.adopt(changes.sessions);
    this.refresh();
  }

  /** Shows other sessions. */
  async show(filter: Filter): Promise<void> {
    this.filter = filter;
    this.rows = new Map();
    this.pages = 1;
    await this.load();
  }

  private async nextPage(): Promise<void> {
    const generation = this.generation;
    const page = await this.page(this.cursor);
    if (generation !== this.generation) return;
    this.pages++;
    this.add(this.rows, page.sessions);
    this.take(page);
    this.refresh();
  }

  private page(cursor: string | undefined): Promise<SessionPage> {
    return this.server.call<SessionPage>("list_sessions", { ...asArguments(this.filter), view: "tree", limit: pageSize, cursor });
  }

  private add(rows: Map<string, Row>, page: Row[]): void {
    for (const row of page) if (row.context || fits(this.filter, row)) rows.set(row.session_id, row);
  }

  private take(page: SessionPage): void {
    this.cursor = page.next_cursor;
    this.total = page.total;
    this.importing = page.importing ?? "";
    this.oldest = page.sessions.reduce((least, row) => (row.context || row.updated_at > least ? least : row.updated_at), "9999");
  }

  private put(row: Row): void {
    const known = this.rows.get(row.session_id);
    if (!fits(this.filter, row)) {
      const hasForks = this.forest.children(row.session_id).length > 0;
      if (known && hasForks && !row.archived) this.rows.set(row.session_id, { ...row, context: true });
      else this.rows.delete(row.session_id);
    } else if (known || !this.hasMore || row.updated_at >= this.oldest) {
      this.rows.set(row.session_id, row);
    }
  }

  /** Gets the parents of forks that came without them. */
  private async adopt(changed: Row[]): Promise<void> {
    const lost = changed.filter((r) => r.parent_id && this.rows.has(r.session_id) && !this.rows.has(r.parent_id) && !this.rootless.has(r.session_id));
    for (const row of lost) {
      const family = await this.server.call<SessionPage>("list_sessions", { root: row.session_id, view: "tree", archived: "any", limit: pageSize });
      const ancestors = new Map(family.sessions.map((r) => [r.session_id, r]));
      for (let id = row.parent_id; id && !this.rows.has(id); id = ancestors.get(id)?.parent_id) {
        const ancestor = ancestors.get(id);
        if (!ancestor) break;
        this.rows.set(id, { ...ancestor, context: !fits(this.filter, ancestor) });
      }
      if (row.parent_id && !this.rows.has(row.parent_id)) this.rootless.add(row.session_id);
    }
  }

  private refresh(): void {
    this.forestOf = undefined;
    this.changed.fire(undefined);
  }
}
