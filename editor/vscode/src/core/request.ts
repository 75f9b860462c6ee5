// Requests as a person needs them: the command, the edit, the file, the URL, the questions.

import { structuredPatch } from "diff";
import { show } from "./format";
import type { Question, Request } from "./types";
import { t } from "./words";

export type Decision = "allow" | "allow_always" | "deny";

/** One line: what is asked for. */
export function headline(r: Request): string {
  if (r.question) return questions(r)[0]?.question ?? r.summary ?? t("A question");
  const target = text(r, "command") ?? text(r, "file_path") ?? text(r, "notebook_path") ?? text(r, "url") ?? text(r, "pattern");
  return target ? `${r.tool_name}: ${target.split("\n")[0]}` : r.summary || r.tool_name;
}

/** The questions of a request. Empty for a permission. */
export const questions = (r: Request): Question[] => (r.question ? (r.questions ?? []) : []);

/** All of it, as text. */
export function body(r: Request): string {
  const { input } = r;
  if (!input) return r.detail ?? r.summary ?? "";
  const edits = editsOf(r.tool_name, input);
  if (edits.length > 0) return edits.map((e) => `${e.path}\n${patch(e).map((l) => l.sign + l.text).join("\n")}`).join("\n\n");
  const command = text(r, "command");
  if (command) return [command, text(r, "description")].filter(Boolean).join("\n\n");
  return r.detail ?? Object.entries(input).map(([key, value]) => `${key}: ${show(value)}`).join("\n");
}

export interface Edit {
  path: string;
  before: string;
  after: string;
}

/** What the use of a tool changes in files, if it is one that does. */
export function editsOf(tool: string, input: Record<string, unknown>): Edit[] {
  const str = (v: unknown): string => (typeof v === "string" ? v : "");
  const path = str(input.file_path) || str(input.notebook_path);
  if (!path) return [];
  switch (tool) {
    case "Write":
      return [{ path, before: "", after: str(input.content) }];
    case "Edit":
      return [{ path, before: str(input.old_string), after: str(input.new_string) }];
    case "MultiEdit": {
      const list = Array.isArray(input.edits) ? (input.edits as Record<string, unknown>[]) : [];
      return list.map((e) => ({ path, before: str(e.old_string), after: str(e.new_string) }));
    }
    case "NotebookEdit":
      return [{ path, before: "", after: str(input.new_source) }];
  }
  return [];
}

export interface DiffLine {
  sign: "+" | "-" | " ";
  text: string;
}

/** An edit line by line. */
export function patch(e: Edit): DiffLine[] {
  const { hunks } = structuredPatch("", "", e.before, e.after, "", "", { context: 3 });
  return hunks.flatMap((h) => h.lines)
    .filter((line) => !line.startsWith("\\"))
    .map((line) => ({ sign: line[0] as DiffLine["sign"], text: line.slice(1) }));
}

function text(r: Request, key: string): string | undefined {
  const value = r.input?.[key];
  return typeof value === "string" && value ? value : undefined;
}
