// Sessions as people read them: times, amounts, labels. Pure functions.

import type { Cost, Row, Status, Tokens } from "./types";
import { folderName } from "./paths";
import { t } from "./words";

/** How long ago a time was, in its largest unit. */
export function age(from: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(from)) / 60_000);
  if (!(minutes >= 1)) return t("now");
  if (minutes < 60) return t("{0}m ago", minutes);
  if (minutes < 48 * 60) return t("{0}h ago", Math.floor(minutes / 60));
  return t("{0}d ago", Math.floor(minutes / 60 / 24));
}

/** A time span as 5s, 2m 05s, 1h 02m. */
export function elapsed(from: string | undefined, now: Date): string {
  if (!from) return "";
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(from)) / 1000));
  const pad = (n: number) => String(n).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
}

/** How long it is to a time, in its largest unit. */
export function remaining(to: string, now: Date): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(to) - now.getTime()) / 60_000));
  if (minutes < 120) return minutes === 1 ? t("1 minute") : t("{0} minutes", minutes);
  if (minutes < 48 * 60) return t("{0} hours", Math.floor(minutes / 60));
  return t("{0} days", Math.floor(minutes / 60 / 24));
}

/** A time of day, with the day where that is another one. */
export function moment(time: string, now: Date): string {
  const at = new Date(time);
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  return at.toDateString() === now.toDateString() ? at.toLocaleTimeString(undefined, clock) : at.toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", ...clock });
}

export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

/** A cost as far as it is known. */
export function cost(c: Cost): string {
  if (c.cost_usd === undefined) return t("cost unknown");
  return c.cost_estimated ? t("~{0} (estimated)", dollars(c.cost_usd)) : dollars(c.cost_usd);
}

/** A count of tokens as 812, 3.4k, 1.2M. */
export function amount(n: number): string {
  if (n < 1000) return String(n);
  if (n < 1_000_000) return `${(n / 1000).toFixed(n < 10_000 ? 1 : 0)}k`;
  return `${(n / 1_000_000).toFixed(1)}M`;
}

export function tokens(used: Tokens): string {
  const read = used.input_tokens + used.cache_read_tokens + used.cache_creation_tokens;
  return t("{0} in, {1} out", amount(read), amount(used.output_tokens));
}

export function statusWord(status: Status): string {
  switch (status) {
    case "idle": return t("idle");
    case "queued": return t("queued");
    case "running": return t("running");
    case "waiting": return t("waiting for an answer");
    case "failed": return t("failed");
    case "interrupted": return t("interrupted");
    case "missing": return t("transcript missing");
  }
}

/** A run is under way, or will be. */
export const busy = (status: Status): boolean => status === "running" || status === "waiting" || status === "queued";

export const turns = (n: number): string => (n === 1 ? t("1 turn") : t("{0} turns", n));

/** What stands behind the title of a session. */
export function description(row: Row, now: Date, withFolder: boolean): string {
  const facts = [withFolder ? folderName(row.cwd) : "", busy(row.status) ? statusWord(row.status) : age(row.updated_at, now)];
  if (row.tags?.length) facts.push(row.tags.map((tag) => `#${tag}`).join(" "));
  return facts.filter(Boolean).join(" · ");
}

/** A row as a screen reader says it. */
export function spoken(row: Row, now: Date, forks: number): string {
  const facts = [row.title, statusWord(row.status), turns(row.turns), age(row.updated_at, now), folderName(row.cwd)];
  if (row.parent_id) facts.splice(1, 0, t("fork"));
  if (forks > 0) facts.push(forks === 1 ? t("1 fork") : t("{0} forks", forks));
  if (row.archived) facts.push(t("archived"));
  return facts.join(", ");
}

/** Markdown signs are shown as what they are. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-!|<>&]/g, "\\$&");

/** All that a row knows, as Markdown; news: sentences on what is near its limit. */
export function tooltip(row: Row, now: Date, news: string[] = []): string {
  const lines = [`**${escapeMarkdown(row.title)}**`, "", statusWord(row.status) + (row.status_reason ? `: ${escapeMarkdown(row.status_reason)}` : "")];
  lines.push("", `${turns(row.turns)} · ${cost(row)} · ${age(row.updated_at, now)}`, "", `\`${row.cwd}\``);
  if (row.tags?.length) lines.push("", row.tags.map((tag) => `\`#${tag}\``).join(" "));
  lines.push("", `\`${row.session_id}\``);
  if (row.parent_id) lines.push("", t("fork of {0}", `\`${row.parent_id.slice(0, 8)}\``));
  for (const text of news) lines.push("", `⚠ ${escapeMarkdown(text)}`);
  return lines.join("\n");
}

/** What a search looks for: words, "phrases" and the beginnings of words (begin*). */
export const searchWords = (query: string): string[] =>
  [...query.matchAll(/"([^"]+)"|([^\s"]+)/g)].map((m) => (m[1] ?? m[2] ?? "").replace(/\*$/, "")).filter(Boolean);

/** A JSON value on few lines. */
export const show = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
