package agent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const (
	idA = "aaaaaaaa-0000-4000-8000-000000000001"
	idB = "bbbbbbbb-0000-4000-8000-000000000002"
	idC = "cccccccc-0000-4000-8000-000000000003"
)

func TestArgs(t *testing.T) {
	always := "--output-format=stream-json --verbose --input-format=stream-json --permission-prompt-tool=stdio --session-mirror --include-partial-messages "
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"new", Options{SessionID: idA}, "--session-id=" + idA},
		{"resume", Options{SessionID: idA, Resume: idA}, "--resume=" + idA},
		{"resume at", Options{SessionID: idA, Resume: idA, ResumeAt: idC}, "--resume=" + idA + " --resume-session-at=" + idC},
		{"fork", Options{SessionID: idB, Resume: idA, Fork: true}, "--resume=" + idA + " --fork-session --session-id=" + idB},
		{"fork at", Options{SessionID: idB, Resume: idA, Fork: true, ResumeAt: idC},
			"--resume=" + idA + " --fork-session --session-id=" + idB + " --resume-session-at=" + idC},
		{"settings", Options{
			SessionID: idA, Model: "opus", FallbackModel: "sonnet", PermissionMode: "plan",
			AllowedTools: []string{"Bash(git *)", "Write"}, DisallowedTools: []string{"WebFetch"},
			AppendSystemPrompt: "-be brief", AddDirs: []string{"/a", "/b,c"}, Effort: "high",
			MaxTurns: 3, MaxBudgetUSD: 0.25, SettingSources: []string{"user", "local"},
			MCPServers: json.RawMessage(`{"s":{"env":{"KEY":"secret"}}}`),
		}, "--session-id=" + idA + " --model=opus --fallback-model=sonnet --permission-mode=plan --allowedTools=Bash(git *) --allowedTools=Write" +
			" --disallowedTools=WebFetch --append-system-prompt=-be brief --add-dir=/a --add-dir=/b,c --effort=high" +
			" --max-turns=3 --max-budget-usd=0.25 --setting-sources=user,local"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(args(test.o), " "); got != always+test.want {
				t.Errorf("got  %s\nwant %s", got, always+test.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string // part of the error; "" for none
	}{
		{"nothing set", Options{}, ""},
		{"all set", Options{PermissionMode: "acceptEdits", Effort: "max", SettingSources: []string{"user"}, MaxTurns: 1, MaxBudgetUSD: 1, MCPServers: raw(`{"a":{"command":"x"}}`)}, ""},
		{"mode", Options{PermissionMode: "yolo"}, `permission mode "yolo"`},
		{"effort", Options{Effort: "huge"}, `effort "huge"`},
		{"sources", Options{SettingSources: []string{"user", "moon"}}, `setting source "moon"`},
		{"turns", Options{MaxTurns: -1}, "max turns is negative"},
		{"budget", Options{MaxBudgetUSD: -1}, "budget is negative"},
		{"servers", Options{MCPServers: raw(`["secret"]`)}, "MCP servers must be an object"},
		{"server", Options{MCPServers: raw(`{"a":"secret"}`)}, "MCP servers must be an object"},
		{"long", Options{AppendSystemPrompt: strings.Repeat("x", 200<<10)}, "is longer than"},
		{"NUL", Options{Model: "a\x00b"}, "holds a NUL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Check(test.o)
			if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check = %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("Check gives away a secret: %v", err)
			}
		})
	}
}

func TestCheckSession(t *testing.T) {
	good := []Options{
		{SessionID: idA},
		{SessionID: idA, Resume: idA, ResumeAt: idC},
		{SessionID: idB, Resume: idA, Fork: true},
	}
	bad := []Options{
		{},
		{SessionID: "abc"},
		{SessionID: "{" + idA + "}"},
		{SessionID: idA, Fork: true},
		{SessionID: idA, ResumeAt: idC},
		{SessionID: idA, Resume: idB},
		{SessionID: idA, Resume: idA, Fork: true},
		{SessionID: idA, Resume: idA, ResumeAt: "--help"},
	}
	for _, o := range slices.Concat(good, bad) {
		err := o.checkSession()
		if want := slices.ContainsFunc(good, func(g Options) bool {
			return g.SessionID == o.SessionID && g.Resume == o.Resume && g.Fork == o.Fork && g.ResumeAt == o.ResumeAt
		}); want != (err == nil) {
			t.Errorf("checkSession(%+v) = %v", o, err)
		}
	}
}
