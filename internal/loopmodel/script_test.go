package loopmodel

import (
	"strings"
	"testing"
)

func TestDirectives(t *testing.T) {
	tests := []struct {
		name     string
		messages []object
		want     answer // zero fields: code 200, stop end_turn, usage 1000 and 100
	}{
		{"plain", []object{user("hello\nthere")},
			answer{text: `You said: "hello" (prompt 1 of this conversation).`}},
		{"plain, later", []object{user("a"), assistant("x"), user("b")},
			answer{text: `You said: "b" (prompt 2 of this conversation).`}},
		{"say", []object{user("please\n!say one\n!say two")}, answer{text: "one\ntwo"}},
		{"an exclamation is text", []object{user("!!! look\n! at\n!This")},
			answer{text: `You said: "!!! look" (prompt 1 of this conversation).`}},
		{"partial, then say", []object{user("!partial one\n!say two")}, answer{text: "one\ntwo"}},
		{"think", []object{user("!think hmm\n!say one")}, answer{text: "one", thinking: "hmm"}},
		{"tokens", []object{user("!say one\n!tokens 7 8")}, answer{text: "one", in: 7, out: 8}},
		{"tool", []object{user("!say first\n!tool Bash {\"command\": \"ls\"}\n!say then")},
			answer{text: "first", tool: `Bash {"command": "ls"}`, stop: "tool_use"}},
		{"two tools in one answer", []object{user("!also Glob\n!say and\n!tool Bash")}, answer{text: "and", tool: "Glob {}Bash {}", stop: "tool_use"}},
		{"tool without input", []object{user("!tool Bash")}, answer{tool: "Bash {}", stop: "tool_use"}},
		{"tokens hold for their step", []object{user("!tool Bash\n!tokens 7 8")}, answer{tool: "Bash {}", stop: "tool_use"}},
		{"after the tool", []object{user("!tool Bash\n!say then"), toolUse(), toolResult("ok")}, answer{text: "then"}},
		{"second tool", []object{user("!tool Bash\n!tool Read\n!say then"), toolUse(), toolResult("ok")},
			answer{tool: "Read {}", stop: "tool_use"}},
		{"nothing to say after the tool", []object{user("!tool Bash"), toolUse(), toolResult("ok")}, answer{text: "Done."}},
		{"no step left", []object{user("!say one"), assistant("one"), user("<task-notification>x")}, answer{text: "Done."}},
		{"no prompt at all", []object{user("<system-reminder>x</system-reminder>")}, answer{text: "Done."}},
		{"the script of the last prompt", []object{user("!say one"), assistant("one"), user("!say two")}, answer{text: "two"}},
		{"delay", []object{user("!delay 1ms\n!say one")}, answer{text: "one"}},
		{"recall", []object{user("a\nb"), assistant("x"), user("!say hm\nc"), assistant("hm"), user("!recall")},
			answer{text: "1. a\n2. c\n3. !recall"}},
		{"status", []object{user("!status 400 so wrong")}, answer{code: 400, err: "invalid_request_error: so wrong"}},
		{"status without message", []object{user("!status 529")}, answer{code: 529, err: "overloaded_error: scripted error 529 "}},
		{"status in mid-stream", []object{user("!partial one\n!status 500 oh")},
			answer{text: "one", in: 1000, stop: "-", err: "api_error: oh"}},
		{"unknown directive", []object{user("!jump")},
			answer{code: 400, err: `invalid_request_error: loopmodel: reading "!jump": unknown directive`}},
	}
	s := startServer(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ask(t, s, test.messages...)
			got.deltas = 0
			if want := withDefaults(test.want); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func withDefaults(a answer) answer {
	if a.code == 0 {
		a.code = 200
	}
	if a.err == "" && a.in == 0 {
		a.in, a.out = 1000, 100
	}
	switch {
	case a.stop == "-":
		a.stop = ""
	case a.stop == "" && a.err == "":
		a.stop = "end_turn"
	}
	return a
}

func TestBadDirectives(t *testing.T) {
	for _, line := range []string{
		"!delay", "!delay soon", "!hold", "!waitfile", "!sayfile", "!tool", "!tool Bash ls", "!tool Bash [1]",
		"!status", "!status 200", "!status many", "!tokens 1", "!tokens a b",
	} {
		_, err := parsePrompt("text\n" + line)
		if err == nil {
			t.Errorf("%q was taken", line)
		} else if !strings.Contains(err.Error(), line) {
			t.Errorf("%q: the error does not name the line: %v", line, err)
		}
	}
}

func TestTextComesInAFewDeltas(t *testing.T) {
	s := startServer(t)
	a := ask(t, s, user("!say one two three four five six seven eight nine"))
	if a.deltas < 2 || a.deltas > 4 {
		t.Errorf("got %d deltas, want 2 to 4", a.deltas)
	}
}

func TestStatusCounted(t *testing.T) {
	s := startServer(t)
	prompt := user("!status 529 x2 busy\n!say at last")
	for i, want := range []string{"overloaded_error: busy", "overloaded_error: busy", "", ""} {
		a := ask(t, s, prompt)
		if a.err != want {
			t.Errorf("answer %d: error %q, want %q", i+1, a.err, want)
		}
		if want == "" && a.text != "at last" {
			t.Errorf("answer %d: got %q", i+1, a.text)
		}
	}
	if a := ask(t, s, user("other\n!status 529 x1 busy")); a.err == "" {
		t.Error("another prompt shares the count")
	}
}
