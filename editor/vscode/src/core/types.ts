// What the tools of mcp-server say, as far as the extension shows it. Names are the server's own.

export type Status = "idle" | "queued" | "running" | "waiting" | "failed" | "interrupted" | "missing";

/** A session in a list. */
export interface Row extends Cost {
  session_id: string;
  title: string;
  status: Status;
  status_reason?: string;
  cwd: string;
  tags?: string[];
  archived?: boolean;
  parent_id?: string;
  /** In a tree: it does not fit the filter itself, a fork below it does. */
  context?: boolean;
  turns: number;
  updated_at: string;
  last_result?: string;
}

export interface SessionPage {
  sessions: Row[];
  total: number;
  next_cursor?: string;
  importing?: string;
}

/** What session://index says. */
export interface Changes {
  seq: number;
  sessions: Row[];
  deleted?: string[];
  more?: boolean;
  /** Too much has changed to be told: list anew. */
  resync?: boolean;
  /** URI of what changes after this. */
  next: string;
}

/** What something has cost: an estimate is computed from tokens at list prices. */
export interface Cost {
  /** Left out where it is not known. */
  cost_usd?: number;
  cost_estimated?: boolean;
}

export interface Usage extends Cost {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_creation_tokens: number;
}

export interface Turn {
  turn_id: string;
  prompt: string;
  status: string;
  reason?: string;
  queue_position?: number;
  result?: string;
  error?: { code: string; message: string };
  started_at?: string;
  ended_at?: string;
  usage?: Usage;
}

export interface Session {
  session_id: string;
  name?: string;
  title: string;
  tags?: string[];
  note?: string;
  status: Status;
  status_reason?: string;
  cwd: string;
  parent_id?: string;
  forked_at?: string;
  settings?: { model?: string; permission_mode?: string; session_budget_usd?: number };
  usage: Usage;
  turns: number;
  last_prompt?: string;
  archived?: boolean;
  context_tokens?: number;
  /** That answered last. */
  model?: string;
  /** When Claude Code deletes its file of it. */
  expires_at?: string;
  limits?: Limit[];
}

/** A limit that is near or reached: as data, and as a sentence for whoever calls tools. */
export interface Limit {
  kind: string;
  message: string;
  used?: number;
  max?: number;
  /** More than used may be spent of a budget: the cost of some messages is not known. */
  at_least?: boolean;
  resets_at?: string;
  window?: string;
}

/** The result of start_session, resume_session and fork_session. */
export interface Answer {
  session: Session;
  turn?: Turn;
  next?: string;
}

export interface Question {
  question: string;
  header?: string;
  multi_select?: boolean;
  options?: { label: string; description?: string }[];
}

/** A permission or a question that a run waits for. */
export interface Request {
  request_id: string;
  session_id: string;
  tool_name: string;
  summary?: string;
  /** What is asked for as a person needs it, in Markdown. */
  detail?: string;
  question?: boolean;
  questions?: Question[];
  /** Left out where it is large. */
  input?: Record<string, unknown>;
  /** What allow_always would add to the session's settings; without it, it is not to be had. */
  always?: string;
  opened_at?: string;
}

/** What get_session says. */
export interface Details {
  session: Session;
  turn?: Turn;
  /** What the running turn does now. */
  activity?: string;
  last_words?: string;
  /** What the model says and the transcript does not have yet, as far as it has come. */
  writing?: string;
  queue?: { turn_id: string; prompt: string; queue_position?: number }[];
  queued?: number;
  requests?: Omit<Request, "session_id">[];
  files?: { transcript?: string; stored_bytes: number };
  children?: { session_id: string; title: string; status: Status; forked_at?: string }[];
}

export interface ToolUse {
  tool_use_id?: string;
  name: string;
  summary: string;
  input?: Record<string, unknown>;
  cut_bytes?: number;
  /** The sub-agent that it began. */
  subagent?: string;
}

export interface ToolResult {
  tool_use_id?: string;
  name?: string;
  text: string;
  is_error?: boolean;
  cut_bytes?: number;
  /** As on its use, which may be on another page. */
  subagent?: string;
}

export type Tokens = Omit<Usage, keyof Cost>;

export interface Message {
  uuid: string;
  role: "user" | "assistant" | "tool" | "system";
  local?: boolean;
  time?: string;
  model?: string;
  text?: string;
  thinking?: string;
  tool_uses?: ToolUse[];
  tool_results?: ToolResult[];
  cut_bytes?: number;
  tokens?: Tokens;
  turn_id?: string;
  turn?: { status: string; usage: Usage };
}

export interface TranscriptPage {
  session_id: string;
  title: string;
  inherited_from?: string;
  subagent?: string;
  subagents?: string[];
  messages?: Message[];
  prev_cursor?: string;
  next_cursor?: string;
}
