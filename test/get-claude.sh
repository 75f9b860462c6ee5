#!/usr/bin/env bash
# Prints the path of the pinned Claude Code, and gets it from npm first where it is missing.
set -euo pipefail
cd "$(dirname "$0")/claude"
find_binary() { find node_modules/@anthropic-ai -mindepth 2 -maxdepth 2 -name claude -type f 2>/dev/null | head -n 1; }
version=$(sed -n 's/.*"@anthropic-ai\/claude-code-linux-x64": "\(.*\)".*/\1/p' package.json)
stamp=node_modules/.version
if [ "$(cat "$stamp" 2>/dev/null)" != "$version" ]; then
  echo "Getting Claude Code $version (about 380 MB on disk, once) ..." >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  if [ -z "$(find_binary)" ]; then
    echo "npm has no Claude Code for this machine; name yours with CLAUDE_SESSIONS_CLAUDE" >&2
    exit 1
  fi
  echo "$version" >"$stamp"
fi
echo "$PWD/$(find_binary)"
