// The core against the real mcp-server, in plain Node: no VS Code, no Claude Code.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Catalog } from "../../src/core/catalog";
import { ToolError } from "../../src/core/errors";
import { Follower } from "../../src/core/follow";
import { Server } from "../../src/core/server";
import { TranscriptReader } from "../../src/core/transcript";
import type { Changes } from "../../src/core/types";

const binary = fileURLToPath(new URL("../../../../bin/mcp-server", import.meta.url));
const patience = { timeout: 30_000, interval: 20 };

let dir: string;
let server: Server;
let started: number;

beforeEach(() => {
  if (!existsSync(binary)) throw new Error("there is no bin/mcp-server: run `make build` first");
  dir = mkdtempSync("/tmp/csu-");
  started = 0;
  const env = { HOME: dir, PATH: process.env.PATH ?? "", CLAUDE_CONFIG_DIR: join(dir, ".claude"), TMPDIR: dir };
  const command = () => (started++, { path: binary, args: [`--data-dir=${join(dir, "data")}`, "--idle-timeout=1s"], cwd: dir, env });
  server = new Server({ command, version: "1", log: () => {}, pause: () => 10 });
});

afterEach(async () => {
  await server.dispose();
  await expect.poll(() => ours().length, patience).toBe(0); // the engine goes by itself
  rmSync(dir, { recursive: true, force: true });
});

/** Processes whose home is this test's. */
function ours(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${dir}\0`);
    } catch {
      return false;
    }
  });
}

/** A conversation as Claude Code keeps it. */
function say(id: string, ...texts: string[]): void {
  const folder = join(dir, ".claude", "projects", "-w");
  mkdirSync(folder, { recursive: true });
  let parent: string | null = null;
  const lines = texts.map((content, i) => {
    const uuid = `${id.slice(0, -2)}${String(i).padStart(2, "0")}`;
    const entry = { type: i % 2 ? "assistant" : "user", uuid, parentUuid: parent, sessionId: id, cwd: dir, timestamp: new Date().toISOString(), message: { role: i % 2 ? "assistant" : "user", content } };
    parent = uuid;
    return JSON.stringify(entry);
  });
  writeFileSync(join(folder, `${id}.jsonl`), lines.join("\n") + "\n");
}

const id = "aaaaaaaa-0000-4000-8000-0000000000ff";

test("a server that is killed is there again, and calls go on", async () => {
  await server.restart();
  const first = server.state.is === "ready" ? server.state.pid : null;
  await expect(server.call("list_sessions")).resolves.toMatchObject({ total: 0 });
  process.kill(first!, "SIGKILL");
  await expect.poll(() => server.state.is === "ready" && server.state.pid !== first, patience).toBe(true);
  await expect(server.call("list_sessions")).resolves.toMatchObject({ total: 0 });
});

test("however often a restart is asked for, one runs and one waits", async () => {
  await Promise.all([server.restart(), server.restart(), server.restart(), server.restart()]);
  expect(started).toBe(2);
  expect(server.state.is).toBe("ready");
});

test("a server that cannot be started says why, and is tried again", async () => {
  let broken = true;
  const fine = server;
  const command = () => {
    if (broken) throw new Error("not there");
    return { path: binary, args: [`--data-dir=${join(dir, "data")}`, "--idle-timeout=1s"], cwd: dir, env: { HOME: dir, PATH: process.env.PATH ?? "" } };
  };
  server = new Server({ command, version: "1", log: () => {}, pause: () => 10 });
  await server.restart();
  expect(server.state).toEqual({ is: "failed", why: "not there" });
  await expect(server.call("list_sessions")).rejects.toThrow("not there");
  broken = false;
  await expect.poll(() => server.state.is, patience).toBe("ready");
  await fine.dispose();
});

test("a server that was not started is not called; what is refused is an error with a code and what to do", async () => {
  await expect(server.call("list_sessions")).rejects.toThrow("stopped"); // as in a workspace that is not trusted
  expect(started).toBe(0);
  await server.restart();
  const refused = await server.call("read_transcript", { session: "nobody" }).catch((e: unknown) => e);
  expect(refused).toBeInstanceOf(ToolError);
  expect(refused).toMatchObject({ code: "not_found" });
});

test("a session that appears is told, listed and read", async () => {
  await server.restart();
  const follower = new Follower(server, () => {});
  const catalog = new Catalog(server);
  const told: Changes[] = [];
  server.updated.on((uri) => follower.updated(uri));
  follower.changed.on((c) => void (told.push(c), catalog.apply(c)));
  await follower.begin();
  await catalog.load();
  expect(catalog.all()).toEqual([]);
  say(id, "What is the answer?", "It is 42.");
  await expect.poll(() => catalog.get(id)?.title, patience).toBe("What is the answer?");
  const { messages } = await new TranscriptReader(server, id).latest();
  expect(messages.map((m) => [m.role, m.text])).toEqual([["user", "What is the answer?"], ["assistant", "It is 42."]]);
});

test("a message is read with what is before and after it, whole pages of both", async () => {
  const texts = Array.from({ length: 90 }, (_, i) => `Number ${i}`);
  say(id, ...texts);
  await server.restart();
  await expect.poll(async () => (await server.call<{ total: number }>("list_sessions")).total, patience).toBe(1);
  const reader = new TranscriptReader(server, id);
  const part = await reader.around(`${id.slice(0, -2)}20`);
  expect([part?.messages.length, part?.messages[20]?.text, part?.older, part?.newer]).toEqual([80, "Number 20", false, true]);
  expect(await reader.newer()).toEqual([]);
  expect((await reader.ahead()).messages.map((m) => m.text)).toEqual(texts.slice(80));
  expect((await reader.newer())?.map((m) => m.text)).toEqual(["Number 89"]);
  expect(await reader.around("bbbbbbbb-0000-4000-8000-000000000000")).toBeUndefined();
});
