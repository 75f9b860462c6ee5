// Which mcp-server is started, and how.

import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import * as vscode from "vscode";
import type { Command } from "./core/connection";

const exe = process.platform === "win32" ? "mcp-server.exe" : "mcp-server";

const config = () => vscode.workspace.getConfiguration("claudeSessions");

/** Path of the server: the setting, the one packed in, or one on the PATH. */
export function findServer(context: vscode.ExtensionContext): string | undefined {
  const named = config().get<string>("serverPath");
  if (named) return isProgram(named) ? named : undefined;
  const packed = join(context.extensionPath, "bin", exe);
  const onPath = (process.env.PATH ?? "").split(delimiter).map((dir) => join(dir, exe));
  return [packed, ...onPath].find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Flags that the settings make. */
export function serverFlags(): string[] {
  const flags: string[] = [];
  const claude = config().get<string>("claudePath");
  const data = config().get<string>("dataDir");
  if (claude) flags.push(`--claude=${claude}`);
  if (data) flags.push(`--data-dir=${data}`);
  return [...flags, ...(config().get<string[]>("serverArgs") ?? [])];
}

export function serverCommand(context: vscode.ExtensionContext, cwd: string): Command {
  const path = findServer(context);
  if (!path) throw new Error(vscode.l10n.t("The server mcp-server was not found."));
  const env = Object.fromEntries(Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined));
  return { path, args: serverFlags(), cwd, env };
}

/** Runs a subcommand of the server and returns what it printed, also when it found faults. */
export function runServer(context: vscode.ExtensionContext, args: string[]): Promise<{ code: number; out: string; err: string }> {
  const path = findServer(context);
  if (!path) return Promise.reject(new Error(vscode.l10n.t("The server mcp-server was not found.")));
  return new Promise((resolve) => {
    const [command = "", ...rest] = args;
    execFile(path, [command, ...serverFlags(), ...rest], { timeout: 60_000, maxBuffer: 64 << 20 }, (error, out, err) => {
      resolve({ code: error ? (typeof error.code === "number" ? error.code : 1) : 0, out, err });
    });
  });
}
