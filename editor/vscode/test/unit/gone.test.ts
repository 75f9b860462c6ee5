// A command that was called on a row which VS Code has let go of.

import { expect, test } from "vitest";
import type { App } from "../../src/app";
import { registerCommands } from "../../src/commands/index";
import type { Transcripts } from "../../src/transcript/panels";
import type { SessionsView } from "../../src/views/sessions";
import { FakeServer, row } from "./rows";
import { registered, told } from "./vscode";

test("it does nothing to what happens to be selected, nor to the only request that is left, and says so", async () => {
  const server = new FakeServer(() => ({ session: row("selected", 1) }));
  const selected = { kind: "session", id: "selected" };
  const busy = { row: () => undefined, requests: () => [{ request_id: "other", session_id: "s" }] };
  const app = { server, busy, catalog: { get: () => row("selected", 1) } } as unknown as App;
  registerCommands(app, { view: { visible: true, selection: [selected] } } as unknown as SessionsView, {} as Transcripts);
  for (const [i, command] of ["interrupt", "fork", "resume", "archive", "delete", "rename", "copyId", "allow", "allowAlways", "deny"].entries()) {
    await registered.get(`claudeSessions.${command}`)!(undefined, [selected, selected]);
    expect(told, command).toHaveLength(i + 1);
  }
  expect(server.calls).toEqual([]);
  await registered.get("claudeSessions.interrupt")!(); // from the palette it is what is selected
  expect(server.calls.map((c) => c.args)).toEqual([{ session: "selected" }]);
});
