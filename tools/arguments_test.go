package tools

import (
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// TestArgumentsAreRefused pins the sentences that a model gets to correct
// itself by.
func TestArgumentsAreRefused(t *testing.T) {
	tests := []struct {
		tool, arguments string
		want            []string // all of these, in the message
	}{
		{"start_session", `{}`, []string{`start_session needs "prompt": What the session is to do.`}},
		{"start_session", `{"prompt":null}`, []string{`needs "prompt"`}},
		{"start_session", `{"prompt":" \n"}`, []string{`"prompt" must not be empty`}},
		{"start_session", `{"prompt":7}`, []string{`"prompt" must be a string, not 7.`}},
		{"start_session", `{"promt":"p"}`, []string{`no argument "promt". Did you mean "prompt"?`, `needs "prompt"`}},
		{"start_session", `{"prompt":"p","Model":"opus"}`, []string{`no argument "Model". Did you mean "model"?`}},
		{"start_session", `{"prompt":"p","zzzzzzzz":1}`, []string{`no argument "zzzzzzzz". It takes prompt, name, cwd`}},
		{"start_session", `{"prompt":"p","wait_seconds":46}`, []string{`"wait_seconds" must be a whole number from 0 to 45, not 46.`}},
		{"start_session", `{"prompt":"p","wait_seconds":-1}`, []string{`not -1.`}},
		{"start_session", `{"prompt":"p","wait_seconds":1.5}`, []string{`not 1.5.`}},
		{"start_session", `{"prompt":"p","wait_seconds":"10"}`, []string{`not the string "10".`}},
		{"start_session", `{"prompt":"p","max_turns":99999999999999999999}`, []string{`"max_turns" must be a whole number, 0 or more`}},
		{"start_session", `{"prompt":"p","max_budget_usd":-0.5}`, []string{`"max_budget_usd" must be a number, 0 or more, not -0.5.`}},
		{"start_session", `{"prompt":"p","max_budget_usd":true}`, []string{`not true.`}},
		{"start_session", `{"prompt":"p","permission_mode":"acceptedits"}`, []string{`"permission_mode" must be one of "default", "acceptEdits"`, `Did you mean "acceptEdits"?`}},
		{"start_session", `{"prompt":"p","effort":"huge"}`, []string{`"effort" must be one of "low", "medium", "high", "xhigh", "max", not the string "huge".`}},
		{"start_session", `{"prompt":"p","tags":"a"}`, []string{`"tags" must be a list of strings, not the string "a".`}},
		{"start_session", `{"prompt":"p","tags":["a",1]}`, []string{`"tags[1]" must be a string, not 1.`}},
		{"start_session", `{"prompt":"p","tags":["a",null]}`, []string{`"tags[1]" must be a string, not null.`}},
		{"start_session", `{"prompt":"p","setting_sources":["usr"]}`, []string{`"setting_sources[0]" must be one of`, `Did you mean "user"?`}},
		{"start_session", `{"prompt":"p","mcp_servers":["a"]}`, []string{`"mcp_servers" must be an object, not a list.`}},
		{"start_session", `{"prompt":"p","model":{"a":1}}`, []string{`"model" must be a string, not an object.`}},
		{"start_session", `["p"]`, []string{`the arguments of start_session are no JSON object.`}},
		{"start_session", `"p"`, []string{`no JSON object`}},
		{"start_session", `{"prompt":""}`, []string{`"prompt" must not be empty`}},
		{"resume_session", `{"session":""}`, []string{`"session" must not be empty`}},
		{"resume_session", `{"session_id":"s","prompt":"p"}`, []string{`Did you mean "session"?`, `needs "session"`}},
		{"resume_session", `{"session":"s","prompt":"p","if_busy":"wait"}`, []string{`"if_busy" must be one of "queue", "fail", "interrupt"`}},
		{"fork_session", `{"prompt":"p"}`, []string{`fork_session needs "session"`}},
		{"list_sessions", `{"limit":0}`, []string{`"limit" must be a whole number from 1 to 200, not 0.`}},
		{"list_sessions", `{"limit":201}`, []string{`not 201.`}},
		{"list_sessions", `{"status":["done"]}`, []string{`"status[0]" must be one of "idle", "queued"`}},
		{"list_sessions", `{"status":"idle"}`, []string{`"status" must be a list of any of "idle"`}},
		{"list_sessions", `{"sort":"newest"}`, []string{`"sort" must be one of "updated", "created", "name"`}},
		{"list_sessions", `{"view":"tre"}`, []string{`Did you mean "tree"?`}},
		{"list_sessions", `{"archived":true}`, []string{`"archived" must be one of "no", "yes", "any", not true.`}},
		{"list_sessions", `{"origin":"x"}`, []string{`"origin" must be one of "managed", "imported"`}},
	}
	f := &fake{}
	c := connect(t, f, Options{}, eras[0])
	for _, test := range tests {
		t.Run(test.tool+test.arguments, func(t *testing.T) {
			e := failureOf(t, use(t, c, test.tool, test.arguments))
			if e.Code != engine.InvalidArgument {
				t.Errorf("code is %s, want %s", e.Code, engine.InvalidArgument)
			}
			if e.Next == "" {
				t.Error("the error does not say what to do")
			}
			for _, want := range test.want {
				if !strings.Contains(e.Message, want) {
					t.Errorf("message is %q, want %q in it", e.Message, want)
				}
			}
			if f.request != nil {
				t.Errorf("the engine was called with %+v", f.request)
			}
		})
	}
}

// TestEmptyStringIsDefault holds what the settings promise: empty goes back to
// the default, also where there are choices.
func TestEmptyStringIsDefault(t *testing.T) {
	f := &fake{}
	result := use(t, connect(t, f, Options{}, eras[0]), "resume_session",
		`{"session":"s","prompt":"p","effort":"","model":"","setting_sources":[],"if_busy":""}`)
	if result.IsError {
		t.Fatal(text(t, result))
	}
	got := f.request.(engine.ResumeRequest)
	if got.Effort == nil || *got.Effort != "" || got.Model == nil || *got.Model != "" || got.SettingSources == nil {
		t.Errorf("empty settings are lost in %+v", got)
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"same", "same", 0},
		{"kitten", "sitting", 3}, {"promt", "prompt", 1}, {"ab", "ba", 2}, {"session_id", "session", 3},
	}
	for _, test := range tests {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
