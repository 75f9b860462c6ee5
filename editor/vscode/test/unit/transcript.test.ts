import { expect, test } from "vitest";
import { ToolError } from "../../src/core/errors";
import type { ToWebview } from "../../src/core/messages";
import { TranscriptReader, unsaid } from "../../src/core/transcript";
import { Subagents } from "../../src/transcript/subagents";
import { FakeServer } from "./rows";

const m = (uuid: string, more = {}) => ({ uuid, role: "user", ...more });

test("a conversation is read from its end, backwards, and on", async () => {
  const server = new FakeServer(({ args }) => {
    if (args.cursor === "older") return { messages: [m("a")] };
    if (args.from === "c") return { messages: [m("c"), m("d")], next_cursor: "n" };
    if (args.cursor === "n") return { messages: [m("e")] };
    if (args.from === "b") return { messages: [m("b", { turn: { status: "completed" } })] };
    if (args.from) throw new ToolError("not_found", "gone");
    return { messages: [m("b", { turn_id: "b" }), m("c")], prev_cursor: "older" };
  });
  const r = new TranscriptReader(server, "s");
  expect(await r.newer()).toBeUndefined();
  expect(await r.latest()).toMatchObject({ older: true, messages: [{ uuid: "b" }, { uuid: "c" }] });
  expect(await r.older()).toMatchObject({ older: false, messages: [{ uuid: "a" }] });
  expect((await r.newer())?.map((x) => x.uuid)).toEqual(["c", "d", "e"]);
  expect(await r.prompt()).toMatchObject([{ uuid: "b" }]);
  expect(await r.newer()).toBeUndefined(); // e is gone: the branch is another
});

test("a session that has said nothing yet is empty", async () => {
  const r = new TranscriptReader(new FakeServer(() => Promise.reject(new ToolError("session_missing", "none"))), "s");
  expect(await r.latest()).toEqual({ messages: [], older: false, newer: false, subagents: [] });
});

test("around a message, it is read in both directions, and followed only once its end was read", async () => {
  const server = new FakeServer(({ args }) => {
    switch (args.cursor ?? args.from) {
      case "c": return { messages: [m("c"), m("d")], prev_cursor: "before", next_cursor: "after", subagents: ["s"] };
      case "before": return { messages: [m("b")], prev_cursor: "start" };
      case "start": return { messages: [m("a")] };
      case "after": return { messages: [m("e")] };
      case "e": return { messages: [m("e"), m("f")] };
      default: throw new ToolError("not_found", "gone");
    }
  });
  const r = new TranscriptReader(server, "s");
  const uuids = (part: { messages: { uuid: string }[] } | undefined) => part?.messages.map((x) => x.uuid);
  expect(await r.around("gone")).toBeUndefined();
  const part = await r.around("c");
  expect([uuids(part), part?.older, part?.newer, part?.subagents]).toEqual([["b", "c", "d"], true, true, ["s"]]);
  expect(await r.newer()).toEqual([]);
  expect(uuids(await r.older())).toEqual(["a"]);
  expect(await r.ahead()).toMatchObject({ messages: [{ uuid: "e" }], newer: false });
  expect((await r.newer())?.map((x) => x.uuid)).toEqual(["e", "f"]);
});

test("a use that begins a sub-agent is read again until it is known which", async () => {
  const use = (id: string, more = {}) => ({ uuid: `u${id}`, role: "assistant", tool_uses: [{ tool_use_id: id, name: "Agent", summary: "", ...more }] });
  const answers: unknown[] = [
    { messages: [m("p"), use("1"), use("2")] },
    { messages: [use("1", { subagent: "x" }), use("2")] },
    { messages: [use("2"), { uuid: "r2", role: "tool", tool_results: [{ tool_use_id: "2", text: "denied" }] }] },
    { messages: [] },
  ];
  const server = new FakeServer(() => answers.shift());
  const r = new TranscriptReader(server, "s");
  await r.latest();
  for (let i = 0; i < 3; i++) await r.newer();
  expect(server.calls.map((c) => c.args.from)).toEqual([undefined, "u1", "u2", "r2"]);
});

test("words that are being written are told until the transcript has them", () => {
  const said = (text: string) => ({ uuid: text, role: "assistant" as const, text });
  expect(unsaid(" The clock", [])).toBe("The clock");
  expect(unsaid("First.\n\nSec", [said("First.")])).toBe("Sec");
  expect(unsaid("First.\n\nSec", [said("First."), said("Second.")])).toBe("");
  expect(unsaid("The clo", [{ uuid: "r", role: "tool" }, said("The clock")])).toBe("");
  expect(unsaid("The clock", [said("Another")])).toBe("The clock");
});

test("unfolded sub-agents are read and followed, those that are folded again are not", async () => {
  const server = new FakeServer(({ args }) => {
    if (args.subagent === "gone") throw new ToolError("not_found", "There is none.", "Choose one.");
    if (args.cursor) return { messages: [m("a")] };
    return args.from ? { messages: [m("b"), m("c")] } : { messages: [m("b")], prev_cursor: "p" };
  });
  const told: ToWebview[] = [];
  const s = new Subagents(server, "s", (message) => told.push(message));
  await s.wish({ type: "subagent", name: "x", what: "latest" });
  await s.wish({ type: "subagent", name: "x", what: "older" });
  await s.follow();
  await s.wish({ type: "subagent", name: "gone", what: "latest" });
  await s.wish({ type: "subagent", name: "x", what: "close" });
  await s.follow();
  expect(told).toMatchObject([
    { name: "x", what: "latest", older: true, messages: [{ uuid: "b" }] },
    { name: "x", what: "older", older: false, messages: [{ uuid: "a" }] },
    { name: "x", what: "newer", messages: [{ uuid: "b" }, { uuid: "c" }] },
    { name: "gone", what: "trouble", text: "There is none. Choose one." },
  ]);
  expect(server.calls.every((c) => c.args.session === "s" && c.args.subagent)).toBe(true);
});
