#!/usr/bin/env bash
# Gets the pinned Claude Agent SDK from npm where it is missing. Neither its copies of Claude Code nor the libraries
# that it has built in are fetched with it.
set -euo pipefail
cd "$(dirname "$0")/agentsdk"
if ! cmp -s package-lock.json node_modules/.lock; then
  echo "Getting the Claude Agent SDK (about 5 MB on disk, once) ..." >&2
  npm ci --ignore-scripts --omit=optional --legacy-peer-deps --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.lock
fi
