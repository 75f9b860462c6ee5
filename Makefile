# make demo   plays the whole story with the real Claude Code (LIVE=1: with your own login)
# make check  the fast part of the tests
# make test   all tests, with what they need
# make vscode the extension for VS Code of this machine (make vscode-all: of all), in editor/vscode/out
# make bench  the figures of docs/performance.md (TRANSCRIPTS=20000: of so many)

GO      ?= go
BIN     := bin/mcp-server
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STAMP   := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
LDFLAGS := -X main.version=$(VERSION) -X main.build=$(STAMP)
TRANSCRIPTS ?= 2000
OLDER   := $(notdir $(patsubst %/package.json,%,$(wildcard test/claude/*/package.json)))
FAST    := ./agent/... ./internal/... ./sessionstore/... ./tools/... ./cmd/...

.PHONY: build demo check test bench claude older-claudes inspector agentsdk vscode vscode-all test-vscode clean

build: $(BIN)

$(BIN): go.mod go.sum $(shell git ls-files '*.go' 2>/dev/null)
	$(GO) build -ldflags '$(LDFLAGS)' -o $@ ./cmd/mcp-server

demo: build
	@LIVE=$(LIVE) test/demo.sh $(BIN)

check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'gofmt: format these files'; exit 1; }
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(GO) test -race -short $(FAST) ./test/imports

test: check claude older-claudes inspector agentsdk
	CLAUDE_SESSIONS_TEST_CLAUDE=$$(test/get-claude.sh) \
	CLAUDE_SESSIONS_TEST_OLDER_CLAUDES=$$(for version in $(OLDER); do test/get-claude.sh $$version; done | paste -sd : -) \
	CLAUDE_SESSIONS_TEST_INSPECTOR=$(CURDIR)/test/inspector \
	CLAUDE_SESSIONS_TEST_AGENTSDK=$(CURDIR)/test/agentsdk \
	$(GO) test -race -timeout 20m ./...
	$(MAKE) test-vscode

bench: export CLAUDE_SESSIONS_TEST_AGENTSDK = $(CURDIR)/test/agentsdk
bench: build claude agentsdk
	CLAUDE_SESSIONS_TEST_CLAUDE=$$(test/get-claude.sh) $(GO) test -run '^$$' -bench 'Start|List|Query' -benchtime 20x ./test/bench
	CLAUDE_SESSIONS_TEST_CLAUDE=$$(test/get-claude.sh) $(GO) test -run '^$$' -bench Folder -benchtime 1x -timeout 60m ./test/bench -transcripts $(TRANSCRIPTS)
	$(GO) test -run '^$$' -bench . ./sessionstore
	$(GO) test -run '^$$' -bench LongTranscript -benchtime 5x ./internal/engine
	$(GO) test -run '^$$' -bench . -benchtime 1000x ./internal/search -sessions 2000

claude:
	@test/get-claude.sh >/dev/null

older-claudes:
	@for version in $(OLDER); do test/get-claude.sh $$version >/dev/null || exit 1; done

inspector:
	@test/get-inspector.sh

agentsdk:
	@test/get-agentsdk.sh
vscode: build
	editor/vscode/scripts/npm.sh node scripts/package.mjs --server=$(CURDIR)/$(BIN)

test-vscode: vscode
	editor/vscode/scripts/npm.sh npm run --silent check
	GO=$(GO) editor/vscode/test/browser/run.sh

vscode-all:
	LDFLAGS='$(LDFLAGS)' GO=$(GO) editor/vscode/scripts/npm.sh node scripts/package.mjs --all

clean:
	rm -rf bin
