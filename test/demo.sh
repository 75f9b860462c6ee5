#!/usr/bin/env bash
# Plays the demo with the built server: test/demo.sh BINARY. LIVE=1 uses your own login.
set -euo pipefail
binary=$1
if [ "${LIVE:-}" = 1 ]; then
  exec "$binary" demo --live
fi
claude=${CLAUDE_SESSIONS_CLAUDE:-$(command -v claude || true)}
[ -n "$claude" ] || claude=$("$(dirname "$0")/get-claude.sh")
exec "$binary" demo --claude "$claude"
