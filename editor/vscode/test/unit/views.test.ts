import { expect, test, vi } from "vitest";
import { Busy } from "../../src/core/busy";
import { Catalog } from "../../src/core/catalog";
import { Emitter } from "../../src/core/emitter";
import type { App } from "../../src/app";
import { RunningView } from "../../src/views/running";
import { SessionsView } from "../../src/views/sessions";
import { WaitingView } from "../../src/views/waiting";
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

/** What is going on, as a server tells that runs one session. */
function going(details: () => object): { busy: Busy; app: App } {
  const r = row("r", 1, { status: "running" });
  const server = new FakeServer(({ tool }) => (tool === "list_sessions" ? page([r]) : { session: r, ...details() }));
  const busy = new Busy(server, () => {});
  return { busy, app: { busy, watch: { hold: () => {} } } as unknown as App };
}

test("a run that says something else is drawn where it is, as its buttons go when the tree is drawn anew", async () => {
  vi.useFakeTimers();
  let activity = "thinking";
  const { busy, app } = going(() => ({ activity }));
  const view = new RunningView(app);
  const drawn: unknown[] = [];
  view.onDidChangeTreeData((what) => drawn.push(what));
  await busy.load();
  await vi.advanceTimersByTimeAsync(1500);
  expect(drawn).toEqual([undefined]);
  const [node] = view.getChildren();
  activity = "Bash: sleep";
  await busy.look("r");
  await vi.advanceTimersByTimeAsync(1500);
  expect(drawn).toEqual([undefined, [node]]);
  expect((drawn[1] as unknown[])[0]).toBe(node);
  expect(view.getTreeItem(node!).description).toBe("Bash: sleep");
  await busy.look("r");
  await vi.advanceTimersByTimeAsync(4000);
  expect(drawn).toHaveLength(2);
  view.dispose();
  vi.useRealTimers();
});

test("requests are drawn anew when there are others, not whenever something goes on", async () => {
  let open = [{ request_id: "q", tool: "Bash" }];
  const { busy, app } = going(() => ({ activity: "x", requests: open }));
  const view = new WaitingView(app);
  let drawn = 0;
  view.onDidChangeTreeData(() => drawn++);
  await busy.load();
  expect(drawn).toBe(1);
  await busy.look("r");
  expect(drawn).toBe(1);
  open = [];
  await busy.look("r");
  expect(drawn).toBe(2);
  view.dispose();
});
