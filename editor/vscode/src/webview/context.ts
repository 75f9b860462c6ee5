// What messages are shown with.

import type { ToolResult } from "../core/types";
import type { MessageList } from "./list";

/** What a list of messages is told of where it stands. */
export interface Surroundings {
  /** Who says what stands as the user's. */
  asker: string;
  /** The session can be forked from its messages. */
  forkable: boolean;
  /** Wants a message with nothing cut off. */
  whole(uuid: string): void;
  /** The conversation of a sub-agent, for the use of a tool that began it. */
  subagent(name: string, use: string): Unfolding;
}

/** What is read when it is unfolded. */
export interface Unfolding {
  readonly node: HTMLElement;
  /** What was read of it. */
  readonly list: MessageList;
  unfolded(open: boolean): void;
}

export interface Context extends Surroundings {
  /** Results by the id of their use. */
  results: Map<string, { result: ToolResult; uuid: string }>;
  /** Ids of uses whose result is shown with them, and the uuids of their messages. */
  uses: Map<string, string>;
  /** What the person has unfolded. */
  opened: Set<string>;
  /** The uuid of the message that was looked for. */
  marked?: string;
}
