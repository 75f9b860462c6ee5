import { expect, test } from "vitest";
import { remaining } from "../../src/core/format";
import { fileNote, notices } from "../../src/core/notices";
import type { Details, Limit } from "../../src/core/types";
import { beforePrompts, budget } from "../../src/transcript/remedies";

const now = new Date("2026-01-02T10:00:00Z");
const hence = (hours: number) => new Date(now.getTime() + hours * 3_600_000).toISOString();
const details = (session: Partial<Details["session"]>, files?: Details["files"]) => ({ session: { title: "s", ...session }, files }) as Details;
const one = (limit: Partial<Limit>) => notices(details({ limits: [{ kind: "", message: "As the server says.", ...limit }] }), now)[0];

test.each<[Partial<Limit>, RegExp, boolean, string[]]>([
  [{ kind: "context_window", used: 172_000, max: 200_000 }, /86 % full \(172k of 200k tokens\)/, false, ["compact", "forkEarlier", "summarize"]],
  [{ kind: "session_budget", used: 0.9, max: 1 }, /\$0\.90 of the session's budget of \$1\.00 are spent/, false, ["raiseBudget"]],
  [{ kind: "session_budget", used: 0.2, max: 1, at_least: true }, /^At least \$0\.20 .* not known/, false, ["raiseBudget"]],
  [{ kind: "session_budget", used: 1, max: 1 }, /turns are refused/, true, ["raiseBudget"]],
  [{ kind: "login", resets_at: hence(5) }, /ends in 5 hours/, false, ["login"]],
  [{ kind: "login", resets_at: hence(-1) }, /may have ended/, true, ["login"]],
  [{ kind: "rate_limit", used: 0.85, max: 1, window: "five_hour", resets_at: hence(1) }, /85 % of the 5-hour limit of the account are used\. It begins anew at .+, in 60 minutes\./, false, []],
  [{ kind: "rate_limit", used: 1, max: 1, window: "seven_day", resets_at: hence(60) }, /weekly limit of the account is reached.* in 2 days/, true, []],
  [{ kind: "rate_limit", max: 1, window: "new_window" }, /^The limit of the plan of the account is near\.$/, false, []],
  [{ kind: "rate_limit", window: "refusals" }, /too many requests/, false, []],
  [{ kind: "something_new" }, /^As the server says\.$/, false, []],
])("%o is said", (limit, text, reached, remedies) => {
  const notice = one(limit);
  expect(notice?.text).toMatch(text);
  expect([notice?.reached, notice?.remedies]).toEqual([reached, remedies]);
});

test("a notice that was closed comes again when it is more urgent", () => {
  const id = (used: number) => one({ kind: "context_window", used, max: 100 })?.id;
  expect(id(81)).toBe(id(84));
  expect(id(81)).not.toBe(id(91));
  expect(id(99)).not.toBe(id(100));
});

test("a file that is gone, or goes soon, is said", () => {
  const files = { transcript: "/t", stored_bytes: 9 };
  expect(fileNote(details({ expires_at: hence(24 * 20) }, files), now)).toBeUndefined();
  expect(fileNote(details({ expires_at: hence(24 * 3) }, files), now)).toBe("Claude Code deletes its file in 3 days; the copy stays");
  expect(fileNote(details({ expires_at: hence(3) }, { ...files, stored_bytes: 0 }), now)).toBe("Claude Code deletes its file in 3 hours, and there is no copy");
  expect(fileNote(details({}, { stored_bytes: 9 }), now)).toMatch(/is gone/);
  expect(fileNote(details({}, { stored_bytes: 0 }), now)).toBeUndefined(); // it never ran
});

test("what is left of a time", () => {
  expect([0.01, 1.5, 3, 100].map((h) => remaining(hence(h), now))).toEqual(["1 minute", "90 minutes", "3 hours", "4 days"]);
});

test("a fork before a prompt ends with what was said before that", () => {
  const m = (uuid: string, role: "user" | "assistant") => ({ uuid, role });
  const found = beforePrompts([m("p1", "user"), m("a1", "assistant"), m("p2", "user"), m("a2", "assistant"), m("a3", "assistant"), m("p3", "user")]);
  expect(found.map((f) => [f.prompt.uuid, f.at])).toEqual([["p3", "a3"], ["p2", "a1"]]);
});

test("a budget leaves something to be spent, or is none", () => {
  expect(["5", "$5", "0", "2", "", "much"].map((text) => budget(text, 2))).toEqual([5, 5, 0, undefined, undefined, undefined]);
});
