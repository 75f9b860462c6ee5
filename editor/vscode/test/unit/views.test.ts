import { expect, test } from "vitest";
import { Catalog } from "../../src/core/catalog";
import { Emitter } from "../../src/core/emitter";
import type { App } from "../../src/app";
import { SessionsView } from "../../src/views/sessions";
import { changes, FakeServer, page, row } from "./rows";
import { TreeItemCollapsibleState } from "./vscode";

function view(server: FakeServer): { sessions: SessionsView; catalog: Catalog } {
  const catalog = new Catalog(server);
  const memory = { get: () => undefined, update: async () => {} };
  const app = { catalog, busy: { changed: new Emitter(), requests: () => [] }, state: new Emitter(), server: { state: { is: "ready" } }, context: { workspaceState: memory } };
  return { sessions: new SessionsView(app as unknown as App), catalog };
}

test("forks stand below their parents, and a row that is shown is the same thing again", async () => {
  const { sessions, catalog } = view(new FakeServer(() => page([row("p", 1), row("f", 2, { parent_id: "p", status: "running" })])));
  await catalog.load();
  const [p] = sessions.getChildren();
  const [f] = sessions.getChildren(p);
  expect([p, f]).toEqual([{ kind: "session", id: "p" }, { kind: "session", id: "f" }]);
  expect(sessions.getParent(f!)).toBe(p);
  expect(sessions.getChildren()[0]).toBe(p);
  expect(sessions.getTreeItem(p!).collapsibleState).toBe(TreeItemCollapsibleState.Collapsed);
  expect(sessions.getTreeItem(f!).contextValue).toBe("session busy kept");
  sessions.dispose();
});

test("a leaf that becomes a parent is expanded when its fork is to be seen", async () => {
  const { sessions, catalog } = view(new FakeServer(() => page([row("p", 1)])));
  await catalog.load();
  await catalog.apply(changes([row("f", 2, { parent_id: "p" })]));
  await sessions.reveal("f");
  expect(sessions.getTreeItem(sessions.getChildren()[0]!).collapsibleState).toBe(TreeItemCollapsibleState.Expanded);
  sessions.dispose();
});

test("by folder, and with more to come", async () => {
  const { sessions, catalog } = view(new FakeServer(() => page([row("a", 1, { cwd: "/x" }), row("b", 2, { cwd: "/y" })], { next_cursor: "n", total: 900 })));
  await catalog.load();
  await sessions.set({ grouping: "folder" });
  const top = sessions.getChildren();
  expect(top.map((n) => n.kind)).toEqual(["folder", "folder", "more"]);
  expect(top[0]).toMatchObject({ path: "/y" });
  expect(sessions.getChildren(top[1]).map((n) => sessions.getParent(n))).toEqual([top[1]]);
  expect(sessions.getTreeItem(top[2]!).label).toBe("898 more…");
  sessions.dispose();
});
