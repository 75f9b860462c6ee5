// Sessions for tests.

import type { Changes, Row, SessionPage } from "../../src/core/types";

const start = Date.UTC(2026, 0, 1);

/** A row, n minutes after the start of the year. */
export function row(id: string, n: number, more: Partial<Row> = {}): Row {
  return { session_id: id, title: id, status: "idle", cwd: "/w", turns: 1, cost_usd: 0, updated_at: new Date(start + n * 60_000).toISOString(), ...more };
}

export const page = (sessions: Row[], more: Partial<SessionPage> = {}): SessionPage => ({ sessions, total: sessions.length, ...more });

export const changes = (sessions: Row[], more: Partial<Changes> = {}): Changes => ({ seq: 1, sessions, next: "session://index?since=1", ...more });

export interface Call {
  tool: string;
  args: Record<string, unknown>;
}

/** A server that answers as it is told, and notes what it was asked. */
export class FakeServer {
  readonly calls: Call[] = [];

  constructor(public answer: (call: Call) => unknown) {}

  async call<T>(tool: string, args: Record<string, unknown> = {}): Promise<T> {
    const asked = { tool, args: Object.fromEntries(Object.entries(args).filter(([, v]) => v !== undefined)) };
    this.calls.push(asked);
    return this.answer(asked) as T;
  }
}
