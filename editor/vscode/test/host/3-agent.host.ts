// What VS Code's own agent is given.

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { until } from "./inside";

test("VS Code starts the server that the extension defines, and has its tools", async () => {
  await vscode.commands.executeCommand("workbench.mcp.startServer", "*");
  const ofServer = /^mcp_claude_sessio/; // the name that the server gives itself, cut to 13 characters
  const named = () => vscode.lm.tools.map((t) => t.name).filter((n) => ofServer.test(n));
  const tools = await until("its tools are there", () => (named().length > 0 ? named() : undefined));
  for (const tool of ["start_session", "list_sessions", "fork_session", "answer_request"]) assert.ok(tools.some((t) => t.endsWith(tool)), `${tool} is not among ${tools.join(", ")}`);
  const list = vscode.lm.tools.find((t) => t.name.endsWith("list_sessions"))!;
  const result = await vscode.lm.invokeTool(list.name, { input: {}, toolInvocationToken: undefined });
  assert.match(JSON.stringify(result.content), /parent/);
});
