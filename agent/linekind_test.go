package agent

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func quoted(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Every place that tells kinds of lines apart says the same of each.
func TestKindsOfLines(t *testing.T) {
	type text = map[string]string
	block := func(s string) text { return text{"type": "text", "text": s} }
	user := func(content any, fields ...string) string {
		return line("user", "u", "p", strings.Join(append(fields, `"message":{"role":"user","content":`+quoted(t, content)+`}`), ","))
	}
	system := func(content string) string {
		return line("system", "u", "p", `"subtype":"local_command","level":"info","content":`+quoted(t, content))
	}
	queued := func(prompt any, fields ...string) string {
		return line("attachment", "u", "p", `"attachment":{`+strings.Join(append(fields, `"type":"queued_command","source_uuid":"s","prompt":`+quoted(t, prompt)), ",")+`}`)
	}
	tests := []struct {
		name, line string
		turn       bool   // it is a turn, and its text is the first and the last prompt
		prompt     string // as a Summary has it
		found      string // as it is searched for
		speaker    string
		shown      string
		local      bool
	}{
		{"a prompt", user("hi"), true, "hi", "hi", SpeakerUser, "hi", false},
		{"a prompt in blocks", user([]text{block("one"), block("two")}), true, "one\ntwo", "one\ntwo", SpeakerUser, "one|two", false},
		{"a prompt that has tags within", user("why <system-reminder>x</system-reminder> here?"), true, "why <system-reminder>x</system-reminder> here?",
			"why <system-reminder>x</system-reminder> here?", SpeakerUser, "why <system-reminder>x</system-reminder> here?", false},
		{"a prompt about commands", user("see <command-name>/x</command-name>"), true, "see <command-name>/x</command-name>",
			"see <command-name>/x</command-name>", SpeakerUser, "see <command-name>/x</command-name>", false},
		{"a prompt in colours", user("\x1b[31mred\x1b[0m"), true, "red", "red", SpeakerUser, "red", false},
		{"a picture", user([]text{{"type": "image"}}), true, "", "", SpeakerUser, "[image]", false},
		{"a command of one's own", user("<command-message>loop</command-message>\n<command-name>/loop</command-name>\n<command-args>every 5m</command-args>"),
			true, "/loop every 5m", "/loop every 5m", SpeakerUser, "/loop every 5m", false},
		{"a command, the name first", user("<command-name>/loop</command-name>\n<command-message>loop</command-message>\n<command-args>x < y</command-args>"),
			true, "/loop x < y", "/loop x < y", SpeakerUser, "/loop x < y", false},
		{"a command of 1.0", user("<command-message>init is analyzing your codebase…</command-message>\n<command-name>/init</command-name>"),
			true, "/init", "/init", SpeakerUser, "/init", false},
		{"a local command", user("<command-name>/exit</command-name>\n            <command-message>exit</command-message>\n            <command-args></command-args>"),
			false, "", "", SpeakerUser, "/exit", true},
		{"a local command, without its slash", user("<command-name>clear</command-name>"), false, "", "", SpeakerUser, "/clear", true},
		{"a local command, with its output", user("<command-name>/vote</command-name>\n<local-command-stdout>Done</local-command-stdout>"),
			false, "", "", SpeakerUser, "/vote\n\nDone", true},
		{"a local command of today", system("<command-name>/resume</command-name>"), false, "", "", SpeakerUser, "/resume", true},
		{"a local command of today, bare", system("/status"), false, "", "", SpeakerUser, "/status", true},
		{"output of a command", user("<local-command-stdout>\x1b[1mBye!\x1b[22m</local-command-stdout>"), false, "", "", SpeakerSystem, "Bye!", false},
		{"output of a command, with errors", user("<local-command-stdout>a</local-command-stdout><local-command-stderr>b</local-command-stderr>"),
			false, "", "", SpeakerSystem, "a\nb", false},
		{"no output of a command", user("<local-command-stdout></local-command-stdout>"), false, "", "", "", "", false},
		{"output of a command of today", system("<local-command-stdout>Resume cancelled</local-command-stdout>"), false, "", "", SpeakerSystem, "Resume cancelled", false},
		{"bash mode", user("<bash-input>make lint</bash-input>"), false, "", "! make lint", SpeakerUser, "! make lint", true},
		{"output in bash mode", user("<bash-stdout>ok</bash-stdout><bash-stderr>2 &lt; 3 &amp;&amp; x</bash-stderr>"), false, "", "", SpeakerSystem, "ok\n2 < 3 && x", false},
		{"output in bash mode, not escaped", user("<bash-stdout>a && <b> &lt;</bash-stdout><bash-stderr></bash-stderr>"), false, "", "", SpeakerSystem, "a && <b> &lt;", false},
		{"no output in bash mode", user("<bash-stdout></bash-stdout><bash-stderr></bash-stderr>"), false, "", "", "", "", false},
		{"bash mode while a turn runs", queued("ls", `"commandMode":"bash"`), false, "", "! ls", SpeakerUser, "! ls", true},
		{"a memory line", user("<user-memory-input>use tabs</user-memory-input>"), false, "", "# use tabs", SpeakerUser, "# use tabs", true},
		{"an interrupt", user([]text{block("[Request interrupted by user for tool use]")}), false, "", "", SpeakerSystem, "[Request interrupted by user for tool use]", false},
		{"a compaction's summary", user("So far: <system-reminder>x</system-reminder>pumps.", `"isCompactSummary":true`), false, "", "So far: pumps.", SpeakerSystem, "So far: pumps.", false},
		{"news of a sub-agent", user("<task-notification>\n<summary>It ended</summary>\n</task-notification>"), false, "", "It ended", SpeakerSystem, "It ended", false},
		{"news while a turn runs", queued("<task-notification>\n<summary>It ended</summary>\n</task-notification>"), false, "", "It ended", SpeakerSystem, "It ended", false},
		{"a message of a teammate", user("<teammate-message teammate_id=\"kim\" color=\"red\">\nlook here\n</teammate-message>"), false, "", "look here", SpeakerSystem, "look here", false},
		{"a tick", user("<tick>12:00</tick>"), false, "", "12:00", SpeakerSystem, "12:00", false},
		{"a caveat", user("<local-command-caveat>Caveat: x</local-command-caveat>", `"isMeta":true`), false, "", "", "", "", false},
		{"a caveat of 1.0", user("Caveat: The messages below were generated by the user while running local commands. DO NOT respond."), false, "", "", "", "", false},
		{"words for the model", user("Say hello", `"isMeta":true`), false, "", "", "", "", false},
		{"a skill that is loaded", user("<command-message>The \"pdf\" skill is loading</command-message>\n<command-name>pdf</command-name>"),
			false, "", "", SpeakerSystem, "The \"pdf\" skill is loading", false},
		{"output of a hook", user("<user-prompt-submit-hook>be kind</user-prompt-submit-hook>"), false, "", "", SpeakerSystem, "be kind", false},
		{"a prompt with a hook's", user("<user-prompt-submit-hook>be kind</user-prompt-submit-hook>\nhi"), true, "hi", "hi", SpeakerUser, "hi", false},
		{"what an IDE adds, alone", user([]text{block("<ide_opened_file>The user opened x.go.</ide_opened_file>")}), false, "", "", "", "", false},
		{"what an IDE adds, with attributes", user("<ide_selection lines=\"1\">x\n</ide_selection>\n<system-reminder>y</system-reminder>hi"), true, "hi", "hi", SpeakerUser, "hi", false},
		{"what an IDE adds, as a block", user([]text{block("<ide_opened_file>x.go</ide_opened_file>"), block("hi"), block("<system-reminder>y</system-reminder>")}),
			true, "hi", "hi", SpeakerUser, "hi", false},
		{"what is added after", user("hi\n<system-reminder>\ny\n</system-reminder>"), true, "hi", "hi", SpeakerUser, "hi", false},
		{"a prompt while a turn runs", queued([]text{block("<ide_opened_file>x</ide_opened_file>"), block("and more")}), false, "", "and more", SpeakerUser, "and more", false},
		{"words for the model while a turn runs", queued("plugin", `"isMeta":true`), false, "", "", "", "", false},
		{"a result", user([]text{{"type": "tool_result", "tool_use_id": "t", "content": "\x1b]0;title\aout\x1b[K"}}), false, "", "", SpeakerTool, "out", false},
		{"an answer", line("assistant", "u", "p", `"message":{"id":"m","content":[{"type":"text","text":"\u001b[1mdone\u001b[m"}]}`), false, "", "done", SpeakerAssistant, "done", false},
		{"no answer", synthesized("u", "p", "No response requested.", false), false, "", "", SpeakerSystem, "No response requested.", false},
		{"an error of the API", synthesized("u", "p", "API Error: 500", true), false, "", "", SpeakerSystem, "API Error: 500", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := summed(test.line)
			if turn := s.Turns == 1; turn != test.turn || s.FirstPrompt != test.prompt || s.LastPrompt != test.prompt {
				t.Errorf("summary: %d turns, first prompt %q, last %q; want %t, %q", s.Turns, s.FirstPrompt, s.LastPrompt, test.turn, test.prompt)
			}
			said, _ := ParseSaying(json.RawMessage(test.line))
			if said.Text != test.found {
				t.Errorf("search: %q, want %q", said.Text, test.found)
			}
			r, ok := ParseReading(json.RawMessage(test.line))
			var texts []string
			for _, b := range r.Blocks {
				texts = append(texts, b.Text)
			}
			if shown := strings.Join(texts, "|"); !ok || r.Speaker != test.speaker || shown != test.shown || r.Local != test.local {
				t.Errorf("page: %q says %q, local %t; want %q, %q, %t", r.Speaker, shown, r.Local, test.speaker, test.shown, test.local)
			}
			// On a sidechain it is no turn of the session, whatever it is.
			side := summed(strings.Replace(test.line, "{", `{"isSidechain":true,`, 1))
			if told := told(side); !reflect.DeepEqual(told, Summary{}) {
				t.Errorf("on a sidechain: %+v", told)
			}
		})
	}
}

// What no page has is in no input of a tool either.
func TestInputHasNoEscapeSequences(t *testing.T) {
	const input = `{"command":"printf \u001b[31mred\u001b[0m \\u001b[1m","n":1}`
	r, _ := ParseReading(json.RawMessage(line("assistant", "u", "p", `"message":{"content":[{"type":"tool_use","name":"Bash","input":`+input+`}]}`)))
	if got, want := string(r.Blocks[0].Input), `{"command":"printf red \\u001b[1m","n":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := r.Blocks[0].Summary; got != `Bash: printf red \u001b[1m` {
		t.Errorf("summed up: %q", got)
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"no escapes":                                   "no escapes",
		"\x1b[1;31mred\x1b[0m":                         "red",
		"\x1b[38;2;1;2;3mx\x1b[?25l\x1b[2K":            "x",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\":     "link",
		"\x1b]0;a title\ax":                            "x",
		"\u009b1mx":                                    "x",
		"\x1b(Bx\x1b7\x1b8\x1b=y":                      "xy",
		"cut off \x1b[3":                               "cut off [3",
		"\x1bPq#0\x1b\\x":                              "x",
		"a line\x1b[0m\r\nand \ttabs stay [0m in text": "a line\r\nand \ttabs stay [0m in text",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("\x1b[1mx\x1b]0;t\a\x1b")
	f.Fuzz(func(t *testing.T, text string) {
		if got := plain(text); strings.Contains(got, "\x1b") {
			t.Errorf("plain(%q) = %q", text, got)
		}
		raw, _ := json.Marshal(text)
		var back string
		if got := plainJSON(raw); json.Unmarshal(got, &back) != nil || strings.Contains(back, "\x1b") {
			t.Errorf("plainJSON(%s) = %s", raw, got)
		}
	})
}
