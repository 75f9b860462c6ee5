// What the transcript's webview and its host say to each other.

import type { Notice, Remedy } from "./notices";
import type { Part } from "./transcript";
import type { Message, Request, Status } from "./types";

/** How the next prompt is given. */
export type SendMode = "queue" | "steer" | "interrupt";

/** A message that is to be shown, and the words in it that were looked for. */
export interface Hit {
  uuid: string;
  words: string[];
}

export interface Head {
  session: string;
  title: string;
  status: Status;
  reason?: string;
  activity?: string;
  writing: string;
  notices: Notice[];
  /** What is to be known of the file that Claude Code keeps, if anything. */
  file?: string;
  startedAt?: string;
  /** As people read it. */
  cost: string;
  turns: number;
  contextTokens?: number;
  model?: string;
  queued: number;
  parent?: string;
  subagent?: string;
  requests: Request[];
}

export type ToWebview =
  | { type: "head"; head: Head }
  | ({ type: "latest"; hit?: Hit } & Part)
  | ({ type: "older" } & Part)
  | ({ type: "ahead" } & Part)
  /** Both at once: what was written until now is in the messages. */
  | { type: "newer"; messages: Message[]; head: Head }
  | { type: "replace"; message: Message; subagent?: string }
  | { type: "hit"; hit: Hit }
  | ({ type: "subagent"; name: string; what: "latest" | "older" } & Part)
  | { type: "subagent"; name: string; what: "newer"; messages: Message[] }
  | { type: "subagent"; name: string; what: "trouble"; text: string }
  | { type: "sent"; ok: boolean }
  | { type: "trouble"; text: string; next?: string };

export type ToHost =
  | { type: "ready" }
  | { type: "latest" }
  | { type: "older" }
  | { type: "ahead" }
  | { type: "around"; hit: Hit }
  | { type: "whole"; uuid: string; subagent?: string }
  | { type: "fork"; uuid: string }
  | { type: "copy"; text: string }
  | { type: "openFile"; path: string }
  | { type: "openSubagent"; name: string }
  | { type: "subagent"; name: string; what: "latest" | "older" | "close" }
  | { type: "parent" }
  | { type: "send"; prompt: string; mode: SendMode }
  | { type: "interrupt" }
  | { type: "remedy"; remedy: Remedy }
  | { type: "answer"; request: string; decision: "allow" | "allow_always" | "deny" }
  | { type: "answerQuestion"; request: string };

/** The words of the page by name, {0} and so on to be filled in. */
export type Words = Record<string, string>;

/** What the page finds in itself. */
export interface PageData {
  words: Words;
  state: { session: string; subagent?: string };
}
