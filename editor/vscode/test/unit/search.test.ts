// Words that are looked for in all sessions.

import { expect, test, vi } from "vitest";
import type { Parts } from "../../src/commands/index";
import { search } from "../../src/commands/search";
import { ToolError } from "../../src/core/errors";
import { boxes } from "./vscode";

test("a search that fails says why and what to do, in the place of hits", async () => {
  const call = () => Promise.reject(new ToolError("invalid_argument", "There is no word in it.", "Search for a word."));
  await search({ app: { server: { call } } } as unknown as Parts);
  boxes.at(-1)?.type("!!");
  await vi.waitFor(() => expect(boxes.at(-1)?.items.map((i) => i.label)).toEqual(["$(error) There is no word in it. Search for a word."]));
});
