// One MCP connection to one mcp-server process, over its stdin and stdout.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { ToolError } from "./errors";

/** A tool answers within 45 s by law; what is silent longer is broken. */
const callTimeout = 60_000;

export interface Command {
  path: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

export interface Listener {
  /** A resource that was subscribed to has changed. */
  updated(uri: string): void;
  /** The process has ended, or its output makes no sense. Told once. */
  closed(): void;
  /** A line of the server's log. */
  log(line: string): void;
}

export class Connection {
  private constructor(
    private readonly client: Client,
    readonly pid: number | null,
  ) {}

  /** Starts the server. It rejects when the server does not greet in time. */
  static async open(command: Command, version: string, listener: Listener): Promise<Connection> {
    const transport = new StdioClientTransport({ command: command.path, args: command.args, cwd: command.cwd, env: command.env, stderr: "pipe" });
    transport.stderr?.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\n")) if (line.trim()) listener.log(line);
    });
    const client = new Client({ name: "vscode-claude-sessions", version });
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, (n) => listener.updated(n.params.uri));
    client.onclose = () => listener.closed();
    client.onerror = (error) => listener.log(error.message);
    await client.connect(transport, { timeout: callTimeout });
    return new Connection(client, transport.pid);
  }

  /** Calls a tool; what it refuses is a ToolError. */
  async call<T>(tool: string, args: Record<string, unknown>): Promise<T> {
    const result = await this.client.callTool({ name: tool, arguments: defined(args) }, undefined, { timeout: callTimeout });
    const content = (result.structuredContent ?? {}) as T & { error?: { code: string; message: string; next?: string } };
    if (result.isError) throw ToolError.of(content.error, result.content);
    return content;
  }

  /** Reads a resource that is JSON. */
  async read<T>(uri: string): Promise<T> {
    const { contents } = await this.client.readResource({ uri }, { timeout: callTimeout });
    const first = contents[0];
    if (!first || !("text" in first)) throw new ToolError("internal", `${uri} is empty`);
    return JSON.parse(first.text) as T;
  }

  async subscribe(uri: string): Promise<void> {
    await this.client.subscribeResource({ uri }, { timeout: callTimeout });
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.client.unsubscribeResource({ uri }, { timeout: callTimeout });
  }

  /** Ends the process; the runs that it started go on in the engine. */
  close(): Promise<void> {
    return this.client.close();
  }
}

/** args without what is undefined, which the server would refuse as null. */
function defined(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}
