// What the transcript's webview and its host say to each other.

import type { Message, Request, Status } from "./types";

/** How the next prompt is given. */
export type SendMode = "queue" | "steer" | "interrupt";

export interface Head {
  session: string;
  title: string;
  status: Status;
  reason?: string;
  activity?: string;
  lastWords?: string;
  startedAt?: string;
  cost: number;
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
  | { type: "latest"; messages: Message[]; older: boolean; subagents: string[] }
  | { type: "older"; messages: Message[]; older: boolean }
  | { type: "newer"; messages: Message[] }
  | { type: "replace"; message: Message }
  | { type: "find"; text: string }
  | { type: "sent"; ok: boolean }
  | { type: "trouble"; text: string; next?: string };

export type ToHost =
  | { type: "ready" }
  | { type: "older" }
  | { type: "whole"; uuid: string }
  | { type: "fork"; uuid: string }
  | { type: "copy"; text: string }
  | { type: "openFile"; path: string }
  | { type: "subagent"; name: string }
  | { type: "parent" }
  | { type: "send"; prompt: string; mode: SendMode }
  | { type: "interrupt" }
  | { type: "answer"; request: string; decision: "allow" | "allow_always" | "deny" }
  | { type: "answerQuestion"; request: string };

/** The words of the page by name, {0} and so on to be filled in. */
export type Words = Record<string, string>;

/** What the page finds in itself. */
export interface PageData {
  words: Words;
  state: { session: string; subagent?: string };
}
