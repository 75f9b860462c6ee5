#!/usr/bin/env bash
# Gets the pinned MCP Inspector and its Node from npm where they are missing.
set -euo pipefail
cd "$(dirname "$0")/inspector"
if ! cmp -s package-lock.json node_modules/.lock; then
  echo "Getting the MCP Inspector (about 300 MB on disk, once) ..." >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.lock
fi
