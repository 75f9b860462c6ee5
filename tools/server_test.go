package tools

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

var update = flag.Bool("update", false, "write the golden schemas and the README's table")

// eras are the newest versions with and without a handshake.
var eras = []string{mcp.ProtocolVersion20251125, mcp.ProtocolVersion20260728}

// TestTools calls each tool with all of its arguments, in both eras of the
// protocol, and looks at what reaches the engine.
func TestTools(t *testing.T) {
	settings := `"model":"opus","fallback_model":"sonnet","permission_mode":"plan","allowed_tools":["Write"],"disallowed_tools":["Bash"],
		"append_system_prompt":"Be brief.","add_dirs":["/x"],"mcp_servers":{"a":{"command":"b"}},"effort":"high","max_turns":3,
		"max_budget_usd":1.5,"session_budget_usd":9,"setting_sources":["user"],"pass_env":["A"],`
	patch := engine.SettingsPatch{
		Model: new("opus"), FallbackModel: new("sonnet"), PermissionMode: new("plan"), AllowedTools: []string{"Write"},
		DisallowedTools: []string{"Bash"}, AppendSystemPrompt: new("Be brief."), AddDirs: []string{"/x"},
		MCPServers: map[string]any{"a": map[string]any{"command": "b"}}, Effort: new("high"), MaxTurns: new(3),
		MaxBudgetUSD: new(1.5), SessionBudgetUSD: new(9.0), SettingSources: []string{"user"}, PassEnv: []string{"A"},
	}
	tests := map[string]struct {
		arguments string
		want      any
	}{
		"start_session": {
			`{` + settings + `"prompt":"p","name":"n","cwd":"/c","tags":["t"],"note":"o","from_session":"f","summary_of":"a","wait_seconds":5,"idempotency_key":"k"}`,
			engine.StartRequest{Prompt: "p", Name: "n", Cwd: "/c", SettingsPatch: patch, Tags: []string{"t"}, Note: "o",
				FromSession: "f", SummaryOf: "a", WaitSeconds: new(5), IdempotencyKey: "k"},
		},
		"resume_session": {
			`{` + settings + `"session":"s","prompt":"p","continue":true,"cwd":"/c","force":true,"if_busy":"fail","wait_seconds":45.0,"idempotency_key":"k"}`,
			engine.ResumeRequest{Session: "s", Prompt: "p", Continue: true, Cwd: "/c", SettingsPatch: patch, Force: true, IfBusy: engine.IfBusyFail,
				WaitSeconds: new(45), IdempotencyKey: "k"},
		},
		"fork_session": {
			`{` + settings + `"session":"s","prompt":"p","name":"n","at":"a","cwd":"/c","tags":["t"],"note":"o","wait_seconds":0,"idempotency_key":"k"}`,
			engine.ForkRequest{Session: "s", Prompt: "p", Name: "n", At: "a", Cwd: "/c", SettingsPatch: patch, Tags: []string{"t"},
				Note: "o", WaitSeconds: new(0), IdempotencyKey: "k"},
		},
		"list_sessions": {
			`{"query":"q","status":["idle","failed"],"tag":"t","cwd":"/c","parent":"p","root":"r","origin":"managed","archived":"any",
			  "updated_after":"7d","sort":"name","limit":200,"cursor":"c","view":"tree"}`,
			engine.ListRequest{Query: "q", Status: []string{"idle", "failed"}, Tag: "t", Cwd: "/c", Parent: "p", Root: "r",
				Origin: "managed", Archived: "any", UpdatedAfter: "7d", Sort: "name", Limit: 200, Cursor: "c", View: "tree"},
		},
		"get_session": {`{"session":"s"}`, engine.GetRequest{Session: "s"}},
		"delete_sessions": {
			`{"sessions":["a"],"confirm":true,"with_forks":true,"delete_transcript":true}`,
			engine.DeleteRequest{Sessions: []string{"a"}, Confirm: true, WithForks: true, DeleteTranscript: true},
		},
		"update_session": {
			`{` + settings + `"session":"s","name":"n","title":"t","add_tags":["a"],"remove_tags":["r"],"note":"o","archived":true}`,
			engine.UpdateRequest{Session: "s", SettingsPatch: patch, Name: new("n"), Title: new("t"), AddTags: []string{"a"},
				RemoveTags: []string{"r"}, Note: new("o"), Archived: new(true)},
		},
		"answer_request": {
			`{"session":"s","request_id":"q","decision":"allow","message":"m","updated_input":{"a":1},"answers":{"Which?":["x"]}}`,
			engine.ReplyRequest{Session: "s", RequestID: "q", Decision: engine.Allow, Message: "m",
				UpdatedInput: map[string]any{"a": 1.0}, Answers: map[string]any{"Which?": []any{"x"}}},
		},
		"interrupt_session": {
			`{"session":"s","drop_queue":true,"wait_seconds":0}`,
			engine.InterruptRequest{Session: "s", DropQueue: true, WaitSeconds: new(0)},
		},
		"wait_for_session": {
			`{"sessions":["a","b"],"for":"change","until":"all","wait_seconds":45,"since":7}`,
			engine.WaitRequest{Sessions: []string{"a", "b"}, For: "change", Until: "all", WaitSeconds: new(45), Since: new(uint64(7))},
		},
		"read_transcript": {
			`{"session":"s","from":"start","limit":7,"roles":["user","tool"],"include_tools":"full","include_thinking":true,
			  "subagent":"a","format":"json","max_tokens":500,"cursor":"c"}`,
			engine.ReadRequest{Session: "s", From: "start", Limit: 7, Roles: []string{"user", "tool"}, IncludeTools: "full",
				IncludeThinking: true, Subagent: "a", Format: "json", MaxTokens: 500, Cursor: "c"},
		},
		"search_sessions": {
			`{"query":"q","role":"title","status":["idle"],"tag":"t","cwd":"/c","parent":"p","root":"r","origin":"imported","archived":"yes",
			  "updated_after":"7d","include_running":true,"limit":3,"cursor":"c"}`,
			engine.SearchRequest{Query: "q", Role: "title", Status: []string{"idle"}, Tag: "t", Cwd: "/c", Parent: "p", Root: "r",
				Origin: "imported", Archived: "yes", UpdatedAfter: "7d", IncludeRunning: true, Limit: 3, Cursor: "c"},
		},
	}
	for _, tool := range registry() {
		test, ok := tests[tool.name]
		if !ok {
			t.Errorf("no test of %s", tool.name)
		}
		for name := range tool.in.Properties {
			if !strings.Contains(test.arguments, `"`+name+`":`) {
				t.Errorf("the test of %s does not give %q", tool.name, name)
			}
		}
		for _, era := range eras {
			t.Run(tool.name+" "+era, func(t *testing.T) {
				f := &fake{
					get:  func() (engine.Details, error) { return plainDetails(), nil },
					wait: func() (engine.Waited, error) { return plainWaited(), nil },
				}
				result := use(t, connect(t, f, Options{}, era), tool.name, test.arguments)
				if result.IsError {
					t.Fatalf("result is an error: %s", text(t, result))
				}
				if diff := cmp.Diff(test.want, f.request); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				if f.call.Client != "tester 1.2" {
					t.Errorf("client is %q, want %q", f.call.Client, "tester 1.2")
				}
				conforms(t, tool, result)
			})
		}
	}
}

// TestLeftOutArgumentsAreZero gives nothing, in all ways in which clients do.
func TestLeftOutArgumentsAreZero(t *testing.T) {
	for _, arguments := range []string{``, `{}`, `null`, `{"query":null,"limit":null}`} {
		f := &fake{}
		result := use(t, connect(t, f, Options{}, eras[0]), "list_sessions", arguments)
		if result.IsError || !reflect.DeepEqual(f.request, engine.ListRequest{}) {
			t.Errorf("arguments %q gave the request %+v and the text %q", arguments, f.request, text(t, result))
		}
	}
}

// conforms checks structured content against the tool's own output schema, as
// strict clients do, whether it is an error or not.
func conforms(t *testing.T, tool tool, r *mcp.CallToolResult) {
	t.Helper()
	if tool.out == nil {
		return
	}
	schema, err := tool.out.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var content any
	structured(t, r, &content)
	if err := schema.Validate(content); err != nil {
		t.Errorf("structured content of %s breaks the output schema: %v", tool.name, err)
	}
}

// TestSchemas pins what clients see of each tool.
func TestSchemas(t *testing.T) {
	for _, tool := range registry() {
		raw, err := json.Marshal(tool.definition())
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, raw, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		golden(t, filepath.Join("testdata", "schemas", tool.name+".json"), got.String())
	}
}

// TestSchemasAreStrict looks for what strict clients refuse or warn about.
func TestSchemasAreStrict(t *testing.T) {
	for _, tool := range registry() {
		for where, s := range map[string]*jsonschema.Schema{"input": tool.in, "output": tool.out} {
			if s == nil {
				continue
			}
			if _, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true}); err != nil {
				t.Errorf("%s, %s: %v", tool.name, where, err)
			}
			walk(tool.name+" "+where, s, func(path string, s *jsonschema.Schema) {
				if len(s.Types) > 0 {
					t.Errorf("%s has the types %v, want one", path, s.Types)
				}
				if s.Type == "object" && s.Properties != nil && !reflect.DeepEqual(s.AdditionalProperties, &jsonschema.Schema{Not: &jsonschema.Schema{}}) {
					t.Errorf("%s takes additional properties", path)
				}
			})
		}
		for name, p := range tool.in.Properties {
			if p.Description == "" {
				t.Errorf("argument %s of %s has no description", name, tool.name)
			}
		}
	}
}

// walk visits s and all schemas of values in it.
func walk(path string, s *jsonschema.Schema, visit func(path string, s *jsonschema.Schema)) {
	visit(path, s)
	for name, p := range s.Properties {
		walk(path+"."+name, p, visit)
	}
	if s.Items != nil {
		walk(path+"[]", s.Items, visit)
	}
}

// TestRulesAreUsed finds rules of arguments that no tool has.
func TestRulesAreUsed(t *testing.T) {
	for name := range rules() {
		used := false
		for _, tool := range registry() {
			used = used || tool.in.Properties[name] != nil
		}
		if !used {
			t.Errorf("no tool has the argument %q", name)
		}
	}
}

// TestBudgets holds what every client pays for: the instructions and the list
// of tools. Hosts show models no output schemas, so there are two budgets.
func TestBudgets(t *testing.T) {
	if n := len(instructions); n > 2048 {
		t.Errorf("instructions have %d bytes, clients cut them at 2048", n)
	}
	model, all := 0, 0
	for _, tool := range registry() {
		if n := len(tool.description); n > 2048 {
			t.Errorf("description of %s has %d bytes, clients cut it at 2048", tool.name, n)
		}
		if len(tool.name) > 40 {
			t.Errorf("name %s is longer than 40 characters", tool.name)
		}
		model += tokens(tool.name + tool.description + string(encode(tool.in)))
		all += tokens(string(encode(tool.definition())))
	}
	t.Logf("about %d tokens for the model, %d on the wire", model, all)
	if model > 10_000 {
		t.Errorf("names, descriptions and input schemas take about %d tokens, want at most 10000", model)
	}
	if all > 28_000 {
		t.Errorf("tools/list takes about %d tokens, want at most 28000", all)
	}
}

// TestListOfTools looks at the list as a client gets it.
func TestListOfTools(t *testing.T) {
	for _, era := range eras {
		c := connect(t, &fake{}, Options{Version: "9.9"}, era)
		list, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range list.Tools {
			names = append(names, tool.Name)
			a := tool.Annotations
			if a.ReadOnlyHint == nil || a.DestructiveHint == nil || a.IdempotentHint == nil || a.OpenWorldHint == nil {
				t.Errorf("%s does not tell all annotations", tool.Name)
			}
		}
		if got, want := strings.Join(names, " "), "answer_request delete_sessions fork_session get_session interrupt_session list_sessions read_transcript resume_session search_sessions start_session update_session wait_for_session"; got != want {
			t.Errorf("tools are %s, want %s", got, want)
		}
	}
}

// TestReadme holds the README's table to the registry.
func TestReadme(t *testing.T) {
	const begin, end = "<!-- tools:begin -->\n", "<!-- tools:end -->"
	file := filepath.Join("..", "README.md")
	raw, err := os.ReadFile(file)
	if os.IsNotExist(err) && *update {
		raw = []byte(begin + end + "\n")
	} else if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(raw), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("README.md has no block between %q and %q", begin, end)
	}
	golden(t, file, before+begin+ReadmeTable()+end+after)
}

// golden compares got with a file, or writes it there with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test ./tools -update writes it):\n%s", file, diff)
	}
}

// tokens is a careful estimate of how many tokens a model reads in s: a word
// is one for each four letters, a number one for each three digits (ids change
// between both all the time), other signs one for each three in a row.
func tokens(s string) int {
	class := func(r rune) (kind, per int) {
		switch {
		case r == ' ' || r == '\n':
			return 0, 1 << 30 // belongs to the next word
		case r >= '0' && r <= '9':
			return 1, 3
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_':
			return 2, 4
		case r > 127:
			return 3, 1
		}
		return 4, 3
	}
	n, run, last := 0, 0, -1
	for _, r := range s {
		kind, per := class(r)
		if kind != last {
			run, last = 0, kind
		}
		if run%per == 0 && kind != 0 {
			n++
		}
		run++
	}
	return n
}
