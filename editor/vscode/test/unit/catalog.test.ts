import { expect, test } from "vitest";
import { Busy } from "../../src/core/busy";
import { Catalog, pageSize } from "../../src/core/catalog";
import { Watch } from "../../src/core/watch";
import { Follower } from "../../src/core/follow";
import { changes, FakeServer, page, row } from "./rows";

const ids = (c: Catalog) => c.forest.roots.map((r) => r.session_id);

/** A server of n sessions, s0 the oldest, that lists them by pages. */
function pages(n: number): FakeServer {
  const all = Array.from({ length: n }, (_, i) => row(`s${n - 1 - i}`, n - 1 - i));
  return new FakeServer(({ args }) => {
    const from = Number(args.cursor ?? 0);
    const next = from + pageSize;
    return page(all.slice(from, next), { total: n, next_cursor: next < n ? String(next) : undefined });
  });
}

test("pages come when asked for, once, and a load keeps as many", async () => {
  const server = pages(500);
  const c = new Catalog(server);
  await c.load();
  expect([c.all().length, c.hasMore, c.total]).toEqual([200, true, 500]);
  await Promise.all([c.more(), c.more()]);
  expect([c.all().length, server.calls.length]).toEqual([400, 2]);
  await c.load();
  expect(c.all().length).toBe(400);
  await c.more();
  expect([c.all().length, c.hasMore]).toEqual([500, false]);
  await c.more();
  expect(server.calls.length).toBe(5);
});

test("changes are taken over in place, at the top, and out", async () => {
  const c = new Catalog(pages(3));
  await c.load();
  await c.apply(changes([row("s0", 100, { status: "running" }), row("new", 101)], { deleted: ["s1"] }));
  expect(ids(c)).toEqual(["new", "s0", "s2"]);
  expect(c.total).toBe(3);
});

test("what is older than the last page comes with its page, not before", async () => {
  const c = new Catalog(pages(500));
  await c.load();
  await c.apply(changes([row("imported", 10)]));
  expect(c.get("imported")).toBeUndefined();
});

test("what comes by thousands, as at a first import, is paged", async () => {
  const some = pages(0);
  const c = new Catalog(some);
  await c.load();
  some.answer = pages(5000).answer;
  for (let n = 0; n < 5000; n += 200) await c.apply(changes(Array.from({ length: 200 }, (_, i) => row(`s${n + i}`, n + i))));
  expect(c.all().length).toBeLessThanOrEqual(2 * pageSize);
  expect([c.hasMore, c.total]).toEqual([true, 5000]);
});

test("what no longer fits goes, but for the parent of what does", async () => {
  const server = new FakeServer(() => page([row("p", 1, { status: "failed" }), row("f", 2, { status: "failed", parent_id: "p" }), row("q", 3, { status: "failed" })]));
  const c = new Catalog(server);
  await c.show({ status: ["failed"] });
  await c.apply(changes([row("p", 5), row("q", 6)]));
  expect(ids(c)).toEqual(["p"]);
  expect(c.get("p")?.context).toBe(true);
});

test("words are the server's to find: with them, a change lists anew", async () => {
  const server = new FakeServer(() => page([row("a", 1)]));
  const c = new Catalog(server);
  await c.show({ text: "flaky" });
  await c.apply(changes([row("b", 2)]));
  expect(ids(c)).toEqual(["a"]);
  expect(server.calls.at(-1)?.args.query).toBe("flaky");
});

test("an archived row goes from the list", async () => {
  const c = new Catalog(pages(2));
  await c.load();
  await c.apply(changes([row("s1", 9, { archived: true })]));
  expect(ids(c)).toEqual(["s0"]);
});

test("a fork that comes without its parent gets it, once", async () => {
  const parent = row("p", 1);
  const server = new FakeServer(({ args }) => (args.root ? page([parent, row("f", 9, { parent_id: "p" })]) : page([row("x", 2)])));
  const c = new Catalog(server);
  await c.load();
  await c.apply(changes([row("f", 9, { parent_id: "p" }), row("g", 9, { parent_id: "deleted" })]));
  expect(c.forest.children("p").map((r) => r.session_id)).toEqual(["f"]);
  const asked = server.calls.length;
  await c.apply(changes([row("f", 10, { parent_id: "p" }), row("g", 10, { parent_id: "deleted" })]));
  expect(server.calls.length).toBe(asked);
});

test("an answer that comes after a newer question is not shown", async () => {
  const first = Promise.withResolvers<unknown>();
  let n = 0;
  const c = new Catalog(new FakeServer(() => (n++ === 0 ? first.promise : page([row("second", 2)]))));
  const slow = c.show({ tag: "one" });
  await c.show({ tag: "" });
  first.resolve(page([row("first", 1, { tags: ["one"] })]));
  await slow;
  expect(ids(c)).toEqual(["second"]);
});

test("following reads what is told, once more for what comes meanwhile, and all that there is", async () => {
  const reads: string[] = [];
  let gate = Promise.resolve();
  const source = {
    subscribe: async () => {},
    read: async <T>(uri: string) => {
      reads.push(uri);
      await gate;
      const n = reads.length;
      return { seq: n, sessions: [], next: `session://index?since=${n}`, more: n === 3 } as T;
    },
  };
  const f = new Follower(source, () => {});
  let told = 0;
  f.changed.on(() => told++);
  f.updated("session://index"); // before it has begun
  await f.begin();
  const open = Promise.withResolvers<void>();
  gate = open.promise;
  f.updated("session://index");
  f.updated("session://index");
  f.updated("session://index");
  open.resolve();
  await expect.poll(() => told).toBe(3);
  expect(reads).toEqual(["session://index", "session://index?since=1", "session://index?since=2", "session://index?since=3"]);
});

test("open requests are those of sessions at work, the oldest first", async () => {
  const details = (id: string, at: string) => ({ session: { session_id: id, status: "waiting" }, requests: [{ request_id: `r-${id}`, tool_name: "Bash", opened_at: at }] });
  let status = "waiting";
  const server = new FakeServer(({ tool, args }) => {
    if (tool === "list_sessions") return page([row("a", 1, { status: "waiting" })]);
    return args.session === "a" ? details("a", "2026-01-02") : { ...details("b", "2026-01-01"), session: { session_id: "b", status } };
  });
  const busy = new Busy(server, () => {});
  await busy.load();
  await busy.apply(changes([row("b", 2, { status: "waiting" })]));
  expect(busy.requests().map((r) => [r.request_id, r.session_id])).toEqual([["r-b", "b"], ["r-a", "a"]]);
  await busy.apply(changes([row("a", 3)]));
  expect(busy.requests().map((r) => r.request_id)).toEqual(["r-b"]);
  status = "idle"; // ended before it was told
  await busy.look("b");
  expect(busy.running()).toEqual([]);
});

test("a session is watched as long as it is held, also on the next connection", () => {
  const asked: string[] = [];
  const watch = new Watch({ subscribe: async (uri) => void asked.push(`+${uri}`), unsubscribe: async (uri) => void asked.push(`-${uri}`) }, () => {});
  const told: string[] = [];
  watch.changed.on((id) => told.push(id));
  watch.hold(["a", "b"]);
  watch.hold(["b", "c"]);
  watch.begin();
  expect(asked).toEqual(["+session://a", "+session://b", "-session://a", "+session://c", "+session://b", "+session://c"]);
  for (const uri of ["session://a", "session://b", "session://index"]) watch.updated(uri);
  expect(told).toEqual(["b"]);
});
