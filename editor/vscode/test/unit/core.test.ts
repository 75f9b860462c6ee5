import { describe, expect, test } from "vitest";
import { missing, readReport } from "../../src/core/doctor";
import { sentence, ToolError } from "../../src/core/errors";
import { fits } from "../../src/core/filter";
import { age, amount, cost, dollars, elapsed, searchWords, spoken, tooltip } from "../../src/core/format";
import { Forest } from "../../src/core/forest";
import { below, folderName } from "../../src/core/paths";
import { body, editsOf, headline, patch, questions } from "../../src/core/request";
import type { Row } from "../../src/core/types";
import { row } from "./rows";

const now = new Date("2026-01-02T00:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

test.each([[5, "now"], [90, "1m ago"], [3600 * 3, "3h ago"], [3600 * 47, "47h ago"], [3600 * 24 * 9, "9d ago"], [-100, "now"]])("age of %s s", (s, want) => {
  expect(age(ago(s), now)).toBe(want);
});

test("a search looks for words, phrases and beginnings", () => {
  expect(searchWords(' flaky "two  clocks" migrat* "')).toEqual(["flaky", "two  clocks", "migrat"]);
});

test.each([[0, "0s"], [65, "1m 05s"], [3725, "1h 02m"]])("%s s elapsed", (s, want) => {
  expect(elapsed(ago(s), now)).toBe(want);
  expect(elapsed(undefined, now)).toBe("");
});

test("amounts", () => {
  expect([0, 0.006, 1.5].map(dollars)).toEqual(["$0", "$0.0060", "$1.50"]);
  expect([{ cost_usd: 0 }, { cost_usd: 0.3675 }, { cost_usd: 0.3675, cost_estimated: true }, {}].map(cost)).toEqual(["$0", "$0.37", "~$0.37 (estimated)", "cost unknown"]);
  expect([999, 1500, 25_400, 1_200_000].map(amount)).toEqual(["999", "1.5k", "25k", "1.2M"]);
});

test("a row is spoken with all that its icon and place tell", () => {
  expect(spoken(row("a", 0, { status: "waiting", parent_id: "p", archived: true }), now, 2)).toBe("a, fork, waiting for an answer, 1 turn, 24h ago, w, 2 forks, archived");
});

test("a row's tooltip tells what is known of its cost", () => {
  expect(tooltip(row("a", 0, { cost_usd: 1.5, cost_estimated: true }), now)).toContain("1 turn · ~$1.50 (estimated) · ");
  expect(tooltip(row("a", 0, { cost_usd: undefined }), now)).toContain("1 turn · cost unknown · ");
});

test("a title cannot pose as Markdown", () => {
  expect(tooltip(row("a", 0, { title: "[x](command:bad) **b**" }), now)).toContain("\\[x\\]\\(command:bad\\) \\*\\*b\\*\\*");
});

describe("trees", () => {
  const forest = (...rows: Row[]) => new Forest(new Map(rows.map((r) => [r.session_id, r])));

  test("a tree is as new as the newest in it; forks stand newest first", () => {
    const f = forest(row("old", 1), row("new", 5), row("x", 9, { parent_id: "old" }), row("y", 7, { parent_id: "old" }), row("z", 8, { parent_id: "y" }));
    expect(f.roots.map((r) => r.session_id)).toEqual(["old", "new"]);
    expect(f.children("old").map((r) => r.session_id)).toEqual(["x", "y"]);
    expect(f.descendants("old")).toBe(3);
    expect(f.parent(row("z", 8, { parent_id: "y" }))?.session_id).toBe("y");
  });

  test("a fork whose parent is not there is a root; a circle hangs nobody up", () => {
    const a = row("a", 1, { parent_id: "b" });
    const f = forest(a, row("b", 2, { parent_id: "a" }), row("c", 3, { parent_id: "gone" }));
    expect(f.roots.map((r) => r.session_id).sort()).toEqual(["a", "b", "c"]);
    expect(f.parent(a)).toBeUndefined();
  });
});

test("what fits a filter", () => {
  const r = row("a", 0, { status: "failed", tags: ["x"], cwd: "/w/sub" });
  expect(fits({}, r)).toBe(true);
  expect(fits({ status: ["idle"] }, r)).toBe(false);
  expect(fits({ tag: "y" }, r)).toBe(false);
  expect(fits({ folders: ["/w"] }, r)).toBe(true);
  expect(fits({ folders: ["/w/su"] }, r)).toBe(false);
  expect(fits({}, { ...r, archived: true })).toBe(false);
  expect(fits({ archived: true }, { ...r, archived: true })).toBe(true);
});

test.each([
  ["/w/sub", "/w", true], ["/w/sub", "/w/", true], ["/w2", "/w", false], ["/w", "/", true], ["/w\\a", "/w", false], ["/mnt/c/w", "C:\\w", false],
  ["C:\\Users\\kim\\app", "c:\\users\\kim", true], ["C:\\Users\\kim2", "C:\\Users\\kim", false], ["C:/Users/kim", "C:\\Users", true], ["C:\\a", "C:\\", true], ["\\\\server\\share\\x", "\\\\server\\share", true],
])("%s in %s: %s", (path, folder, want) => {
  expect(below(path, folder)).toBe(want);
});

test.each([["/w/app", "app"], ["/w/a\\b/", "a\\b"], ["C:\\Users\\kim\\app", "app"], ["\\\\server\\share\\x\\", "x"], ["/mnt/c/app", "app"], ["/", "/"]])("%s is called %s", (path, want) => {
  expect(folderName(path)).toBe(want);
});

describe("requests", () => {
  const ask = (tool_name: string, input: Record<string, unknown>, question = false) => ({ request_id: "r", session_id: "s", tool_name, input, question });

  test("a command and a file are in the headline", () => {
    expect(headline(ask("Bash", { command: "make test\nmake clean" }))).toBe("Bash: make test");
    expect(headline(ask("Write", { file_path: "/a/b", content: "x" }))).toBe("Write: /a/b");
    expect(headline(ask("Mystery", { n: 1 }))).toBe("Mystery");
    expect(headline({ ...ask("AskUserQuestion", {}, true), questions: [{ question: "Which?" }] })).toBe("Which?");
  });

  test("an edit is shown as its lines", () => {
    const r = ask("Edit", { file_path: "/f", old_string: "a\nb\nc", new_string: "a\nB\nc" });
    expect(body(r)).toBe("/f\n a\n-b\n+B\n c");
    expect(editsOf("MultiEdit", { file_path: "/f", edits: [{ old_string: "1", new_string: "2" }] })).toEqual([{ path: "/f", before: "1", after: "2" }]);
    expect(patch({ path: "/f", before: "", after: "x\n" })).toEqual([{ sign: "+", text: "x" }]);
    expect(questions(r)).toEqual([]);
  });
});

test("the report of doctor", () => {
  const report = "ok     server       mcp-server 1\nFAULT  login        Claude Code is not logged in\n                 -> run `claude`\n\n1 to mend.\n";
  const findings = readReport(report);
  expect(findings).toEqual([
    { ok: true, what: "server", found: "mcp-server 1", mend: "" },
    { ok: false, what: "login", found: "Claude Code is not logged in", mend: "run `claude`" },
  ]);
  expect(missing(findings)).toEqual({ claude: false, login: true });
});

test("an error says what to do", () => {
  expect(sentence(ToolError.of({ code: "busy", message: "It is busy.", next: "Wait." }, []))).toBe("It is busy. Wait.");
  expect(sentence(ToolError.of(undefined, [{ type: "text", text: "broken" }]))).toBe("broken");
});
