// Keeps one server process alive. A restart is one running and at most one waiting: however often it is asked for
// while one is under way, one more follows.

import { Connection, type Command } from "./connection";
import { Emitter } from "./emitter";
import { sentence } from "./errors";

export type ServerState = { is: "stopped" } | { is: "starting" } | { is: "ready"; pid: number | null } | { is: "failed"; why: string };

export interface ServerOptions {
  /** What to start; throws when there is no server to be found. */
  command: () => Command;
  version: string;
  log: (line: string) => void;
  /** Milliseconds before the nth try in a row, from 0. */
  pause?: (tries: number) => number;
}

const steadyAfter = 10_000; // a server that lived so long has not crashed at once

export class Server {
  private connection: Connection | undefined;
  private opening: Promise<void> | undefined;
  private again = false;
  private disposed = false;
  private tries = 0;
  private timer: NodeJS.Timeout | undefined;
  private current: ServerState = { is: "stopped" };

  readonly changed = new Emitter<ServerState>();
  readonly updated = new Emitter<string>();

  constructor(private readonly options: ServerOptions) {}

  get state(): ServerState {
    return this.current;
  }

  /** Starts the server, or anew with a new command. Until this is called, calls are refused and nothing is started. */
  restart(): Promise<void> {
    this.tries = 0;
    return this.begin();
  }

  async call<T>(tool: string, args: Record<string, unknown> = {}): Promise<T> {
    return (await this.ready()).call<T>(tool, args);
  }

  async read<T>(uri: string): Promise<T> {
    return (await this.ready()).read<T>(uri);
  }

  async subscribe(uri: string): Promise<void> {
    return (await this.ready()).subscribe(uri);
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.connection?.unsubscribe(uri); // without one there is nothing to end
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    clearTimeout(this.timer);
    await this.opening;
    await this.connection?.close();
    this.changed.dispose();
    this.updated.dispose();
  }

  private async ready(): Promise<Connection> {
    if (this.opening) await this.opening;
    if (!this.connection && !this.disposed && this.current.is !== "stopped") await this.begin();
    if (!this.connection) throw new Error(this.current.is === "failed" ? this.current.why : "The server is stopped.");
    return this.connection;
  }

  private begin(): Promise<void> {
    clearTimeout(this.timer);
    if (this.opening) {
      this.again = true;
      return this.opening;
    }
    this.opening = this.open().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async open(): Promise<void> {
    do {
      this.again = false;
      const old = this.connection;
      this.connection = undefined;
      await old?.close();
      if (this.disposed) return;
      this.become({ is: "starting" });
      await this.openOnce();
    } while (this.again);
  }

  private async openOnce(): Promise<void> {
    const began = Date.now();
    let mine: Connection | undefined;
    let lost = false;
    const closed = () => {
      lost = true;
      if (mine && this.connection === mine) this.crashed(Date.now() - began);
    };
    try {
      const { log, version } = this.options;
      mine = await Connection.open(this.options.command(), version, { updated: (uri) => this.updated.fire(uri), closed, log });
      if (lost) throw new Error("the server ended at once");
      this.connection = mine;
      this.become({ is: "ready", pid: mine.pid });
    } catch (error) {
      this.options.log(`starting the server: ${sentence(error)}`);
      this.become({ is: "failed", why: sentence(error) });
      this.later();
    }
  }

  private crashed(lived: number): void {
    this.connection = undefined;
    if (this.disposed || this.opening) return;
    this.options.log("the server has ended; it is started again");
    if (lived > steadyAfter) this.tries = 0;
    this.become({ is: "starting" });
    this.later();
  }

  private later(): void {
    if (this.disposed) return;
    const pause = this.options.pause ?? ((tries) => Math.min(200 * 2 ** tries, 30_000));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), pause(this.tries++));
  }

  private become(state: ServerState): void {
    this.current = state;
    this.changed.fire(state);
  }
}
