// Rows as trees: forks below their parents, trees by when anything in them happened last.

import type { Row } from "./types";

const none: readonly Row[] = [];

export class Forest {
  readonly roots: readonly Row[];
  private readonly below = new Map<string, Row[]>();
  private readonly newest = new Map<string, string>(); // by root

  constructor(private readonly rows: ReadonlyMap<string, Row>) {
    const roots: Row[] = [];
    for (const row of rows.values()) {
      const root = this.rootOf(row);
      if (root === row) roots.push(row);
      else this.hang(row);
      const seen = this.newest.get(root.session_id) ?? "";
      if (row.updated_at > seen) this.newest.set(root.session_id, row.updated_at);
    }
    this.roots = roots.sort((a, b) => compare(this.time(b), this.time(a)) || compare(a.session_id, b.session_id));
    for (const children of this.below.values()) children.sort((a, b) => compare(b.updated_at, a.updated_at) || compare(a.session_id, b.session_id));
  }

  /** Forks of a session, the newest first. */
  children(id: string): readonly Row[] {
    return this.below.get(id) ?? none;
  }

  parent(row: Row): Row | undefined {
    return this.rootOf(row) === row ? undefined : this.rows.get(row.parent_id ?? "");
  }

  /** How many forks there are of a session, and of those, and so on. */
  descendants(id: string): number {
    return this.children(id).reduce((n, child) => n + 1 + this.descendants(child.session_id), 0);
  }

  /** When anything happened last in the tree of a root. */
  time(root: Row): string {
    return this.newest.get(root.session_id) ?? root.updated_at;
  }

  private hang(row: Row): void {
    const parent = row.parent_id ?? "";
    const siblings = this.below.get(parent);
    if (siblings) siblings.push(row);
    else this.below.set(parent, [row]);
  }

  /** The topmost ancestor that is known. A circle, which no server should send, ends at the row itself. */
  private rootOf(row: Row): Row {
    let top = row;
    for (let depth = 0; depth < this.rows.size; depth++) {
      const parent = top.parent_id ? this.rows.get(top.parent_id) : undefined;
      if (!parent) return top;
      if (parent === row) return row;
      top = parent;
    }
    return row;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
