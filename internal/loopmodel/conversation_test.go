package loopmodel

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// foldNote is how Claude Code tells of a prompt that came while a tool ran.
func foldNote(prompt string) string {
	return "The user sent a new message while you were working:\n" + prompt +
		"\n\nThis is how Claude Code surfaces messages the user sends mid-turn — within the running turn. " +
		"Address the message above as you continue this turn."
}

func inReminder(s string) string { return "<system-reminder>\n" + s + "\n</system-reminder>\n" }

// The messages are those that Claude Code 2.1.330 was seen to send.
func TestReadConversation(t *testing.T) {
	rejected := "The user doesn't want to proceed with this tool use."
	tests := []struct {
		name     string
		messages []object
		prompts  []string
		first    int
		answers  int
	}{
		{"reminders around the prompt",
			[]object{user(inReminder("date"), "one\ntwo", inReminder("more")), system("# Environment")},
			[]string{"one\ntwo"}, 0, 0},
		{"reminder in the text of the prompt", []object{user(inReminder("date") + "one")}, []string{"one"}, 0, 0},
		{"a prompt of two blocks", []object{user("one", "two")}, []string{"one\ntwo"}, 0, 0},
		{"an error was the answer: messages are merged", []object{user("one\n", "two")}, []string{"one", "two"}, 1, 0},
		{"interrupt before the answer",
			[]object{user("one\n", "[Request interrupted by user]\n", "two")}, []string{"one", "two"}, 1, 0},
		{"interrupt in mid-answer",
			[]object{user("one"), assistant("par"), user("[Request interrupted by user]\n", "two")}, []string{"one", "two"}, 1, 0},
		{"interrupt in mid-tool",
			[]object{user("one"), toolUse(), toolResult(rejected, "[Request interrupted by user for tool use]\n", "two")},
			[]string{"one", "two"}, 1, 0},
		{"killed in mid-answer, resumed",
			[]object{user("one"), assistant("No response requested."), user("two")}, []string{"one", "two"}, 1, 0},
		{"killed in mid-tool, resumed",
			[]object{user("one"), toolUse(), toolResult("[Tool call interrupted]"), assistant("No response requested."), user("two")},
			[]string{"one", "two"}, 1, 0},
		{"a command of Claude Code's own", []object{user("one"), assistant("x"),
			user("<local-command-caveat>c", "<command-name>/model</command-name>", "<local-command-stdout>s", "two")},
			[]string{"one", "two"}, 1, 0},
		{"in mid-turn", []object{user("one"), toolUse(), toolResult("ok"), toolUse(), toolResult("ok")}, []string{"one"}, 0, 2},
		{"folded, beside the tool result",
			[]object{user("one"), toolUse(), toolResult("ok", "two")}, []string{"one", "two"}, 0, 1},
		{"folded, in a system message",
			[]object{user("one"), toolUse(), toolResult("ok"), system(foldNote("two\n\nmore"))}, []string{"one", "two\n\nmore"}, 0, 1},
		{"folded twice, in the tool result",
			[]object{user("one"), toolUse(), toolResult("ok\n\n" + inReminder(foldNote("two")) + "\n" + inReminder(foldNote("three")))},
			[]string{"one", "two", "three"}, 0, 1},
		{"a tool result that quotes",
			[]object{user("one"), toolUse(), toolResult(foldNote("two"))}, []string{"one"}, 0, 1},
		{"after a folded prompt",
			[]object{user("one"), toolUse(), toolResult("ok"), system(foldNote("two")), assistant("x"), user("three")},
			[]string{"one", "two", "three"}, 2, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := readConversation(wire(t, test.messages))
			if diff := cmp.Diff(test.prompts, c.prompts); diff != "" {
				t.Errorf("prompts (-want +got):\n%s", diff)
			}
			if c.first != test.first || c.answers != test.answers {
				t.Errorf("turn begins with prompt %d and has %d answers, want %d and %d", c.first, c.answers, test.first, test.answers)
			}
		})
	}
}

func wire(t *testing.T, messages []object) []wireMessage {
	t.Helper()
	b, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	var out []wireMessage
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFoldedPromptComesAfterTheScript(t *testing.T) {
	s := startServer(t)
	first := user("!tool Bash\n!say done")
	fold := system(foldNote("!say also\n!tool Read\n!say end"))
	a := ask(t, s, first, toolUse(), toolResult("ok"), fold)
	if a.text != "done\nalso" || a.tool != "Read {}" {
		t.Errorf("after the fold got %+v", a)
	}
	if a := ask(t, s, first, toolUse(), toolResult("ok"), fold, toolUse(), toolResult("ok")); a.text != "end" {
		t.Errorf("at the end got %+v", a)
	}
	a = ask(t, s, first, toolUse(), toolResult("ok", "plain"))
	if want := "done\nYou said: \"plain\" (prompt 2 of this conversation)."; a.text != want {
		t.Errorf("got %q, want %q", a.text, want)
	}
}
