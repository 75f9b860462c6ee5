// Which sessions the tree shows.

import { below } from "./paths";
import type { Row, Status } from "./types";

export interface Filter {
  text?: string;
  status?: Status[];
  tag?: string;
  /** Sessions in these folders or below; undefined: all. */
  folders?: string[];
  archived?: boolean;
}

/** The person has narrowed it down. */
export const narrowed = (f: Filter): boolean => Boolean(f.text || f.status?.length || f.tag);

/** The arguments of list_sessions. Of several folders the first is asked for; fits leaves the others in. */
export function asArguments(f: Filter): Record<string, unknown> {
  return {
    query: f.text,
    status: f.status?.length ? f.status : undefined,
    tag: f.tag,
    cwd: f.folders?.length === 1 ? f.folders[0] : undefined,
    archived: f.archived ? "any" : undefined,
  };
}

/** Whether a row fits, as far as it can be told from the row: words are the server's to find. */
export function fits(f: Filter, row: Row): boolean {
  if (row.archived && !f.archived) return false;
  if (f.status?.length && !f.status.includes(row.status)) return false;
  if (f.tag && !row.tags?.includes(f.tag)) return false;
  return !f.folders?.length || f.folders.some((folder) => below(row.cwd, folder));
}
