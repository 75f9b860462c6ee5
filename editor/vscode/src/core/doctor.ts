// What `mcp-server doctor` prints, read.

export interface Finding {
  ok: boolean;
  what: string;
  found: string;
  mend: string;
}

/** The findings of a report. Lines that are no finding are passed over. */
export function readReport(report: string): Finding[] {
  const findings: Finding[] = [];
  for (const line of report.split("\n")) {
    const found = /^(ok|FAULT) +(.{12}) (.*)$/.exec(line);
    const mend = /^ +-> (.*)$/.exec(line);
    const last = findings.at(-1);
    if (found) findings.push({ ok: found[1] === "ok", what: found[2]!.trim(), found: found[3]!, mend: "" });
    else if (mend && last) last.mend = mend[1]!;
  }
  return findings;
}

/** What keeps a session from being started. */
export function missing(findings: Finding[]): { claude: boolean; login: boolean } {
  const fault = (what: string) => findings.some((f) => !f.ok && f.what === what);
  return { claude: fault("Claude Code"), login: fault("login") };
}
