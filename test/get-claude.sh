#!/usr/bin/env bash
# Prints the path of the pinned Claude Code, and gets it from npm first where it is missing. With a version it is that
# of an older one of the test matrix: test/claude/VERSION.
set -euo pipefail
cd "$(dirname "$0")/claude"
pinned() { sed -n 's/.*"@anthropic-ai\/claude-code-linux-x64": "\(.*\)".*/\1/p' package.json; }
find_binary() { find node_modules/@anthropic-ai -mindepth 2 -maxdepth 2 -name claude -type f 2>/dev/null | head -n 1; }
wanted=${1:-$(pinned)}
if [ "$wanted" != "$(pinned)" ] && ! cd "./$wanted" 2>/dev/null; then
  echo "Claude Code $wanted is not pinned; these are: $(pinned) $(echo [0-9]*)" >&2
  exit 1
fi
version=$(pinned)
stamp=node_modules/.version
if [ "$(cat "$stamp" 2>/dev/null)" != "$version" ]; then
  echo "Getting Claude Code $version (about 380 MB on disk, once) ..." >&2
  # npm takes a platform's package that it cannot get for one that is not needed, and exits with 0.
  log=$(npm ci --ignore-scripts --no-audit --no-fund --loglevel=http 2>&1) || { echo "$log" >&2; exit 1; }
  if [ -z "$(find_binary)" ]; then
    echo "$log" >&2
    echo "npm did not install Claude Code $version: it has none for this machine, it cannot be reached, or its package" \
      "is not the one that package-lock.json pins; or name yours with CLAUDE_SESSIONS_CLAUDE" >&2
    exit 1
  fi
  echo "$version" >"$stamp"
fi
echo "$PWD/$(find_binary)"
