//go:build unix

package e2e

import (
	"os"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// shop is who makes the sessions of the oracle: somebody at a terminal, who
// uses programs made with the Agent SDK besides.
type shop struct {
	*terminal
	sdk     *agentSDK
	parents *sync.Map // of forks, by their ids
}

// fork forks a session in the terminal, with one more turn.
func (s shop) fork(id, prompt string) string {
	s.t.Helper()
	fork := uuid.NewString()
	s.goOn(id, prompt, "--fork-session", "--session-id="+fork)
	s.parents.Store(fork, id)
	return fork
}

// copy forks a session as the SDK does, which gives all entries new uuids.
func (s shop) copy(id string, options ...any) string {
	s.t.Helper()
	var fork struct{ SessionID string }
	s.sdk.call(&fork, "forkSession", append([]any{id}, options...)...)
	s.parents.Store(fork.SessionID, id)
	return fork.SessionID
}

// oracleCases make sessions as people do, each under the name of what is
// special about it, and return their ids.
var oracleCases = map[string]func(s shop) string{
	"one turn": func(s shop) string { return s.session("Where is the clock?\n!say On the wall.") },
	"several turns": func(s shop) string {
		return s.session("one", "two\n!think hm\n!say Two it is.", "three\n!tool Glob {\"pattern\":\"*\"}\n!say Nothing there.")
	},
	"long first prompt": func(s shop) string { return s.session(strings.Repeat("All work and no play. ", 60)) },
	"first prompt of several lines, in many scripts": func(s shop) string {
		return s.session("\n  Überprüfe 時計 👩‍👩‍👧\n\n\tand   the rest\n!say ✓")
	},
	"first prompt is a command": func(s shop) string { return s.session("/cost", "And now a question.") },
	"only a command":            func(s shop) string { return s.session("/cost") },
	"first prompt comes from an editor": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id=" + id)
		l.turn([]any{
			map[string]any{"type": "text", "text": "<ide_opened_file>The user opened the file /a.go in the IDE.</ide_opened_file>"},
			map[string]any{"type": "text", "text": "Explain it."},
		})
		l.close()
		return id
	},
	"named at the start": func(s shop) string {
		id := uuid.NewString()
		s.run("hello", s.claude, "-p", "--session-id="+id, "--name=named here")
		return id
	},
	"renamed in an editor": func(s shop) string {
		id := s.session("one")
		l := s.open("--resume=" + id)
		l.control(map[string]any{"subtype": "rename_session", "title": "A better title"})
		l.close()
		return id
	},
	"renamed while it is open": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id=" + id)
		l.turn("one")
		l.control(map[string]any{"subtype": "rename_session", "title": "First title"})
		l.turn("two")
		l.control(map[string]any{"subtype": "rename_session", "title": "Last title"})
		l.turn("three")
		l.close()
		return id
	},
	"renamed by the SDK": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "renameSession", id, "From a program")
		return id
	},
	"tagged": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "tagSession", id, "blue")
		return id
	},
	"tagged, and goes on": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "tagSession", id, "blue")
		s.goOn(id, "two")
		return id
	},
	"tagged anew": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "tagSession", id, "blue")
		s.sdk.call(nil, "tagSession", id, "red")
		return id
	},
	"tagged no more": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "tagSession", id, "blue")
		s.sdk.call(nil, "tagSession", id, nil)
		return id
	},
	"archived": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "archiveSession", id)
		return id
	},
	"archived no more": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "archiveSession", id)
		s.sdk.call(nil, "unarchiveSession", id)
		return id
	},
	"archived, and goes on": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "archiveSession", id)
		s.goOn(id, "two")
		return id
	},
	"forked in a terminal": func(s shop) string { return s.fork(s.session("one", "two"), "three") },
	"forked of a fork":     func(s shop) string { return s.fork(s.fork(s.session("one"), "two"), "three") },
	"forked of a tagged and renamed": func(s shop) string {
		id := s.session("one")
		s.sdk.call(nil, "renameSession", id, "The original")
		s.sdk.call(nil, "tagSession", id, "blue")
		return s.fork(id, "two")
	},
	"forked by the SDK": func(s shop) string { return s.copy(s.session("one", "two")) },
	"forked by the SDK at a message": func(s shop) string {
		id := s.session("one", "two", "three")
		fork := s.copy(id, map[string]any{"upToMessageId": s.answers(id)[1], "title": "Up to two"})
		s.goOn(fork, "Another three\n!recall")
		return fork
	},
	"forked by the SDK of its own fork": func(s shop) string {
		return s.copy(s.copy(s.session("one")))
	},
	"forked in a terminal of the SDK's fork": func(s shop) string {
		return s.fork(s.copy(s.session("one")), "two")
	},
	"forked by the SDK of a fork in a terminal": func(s shop) string {
		return s.copy(s.fork(s.session("one"), "two"))
	},
	"compacted":      func(s shop) string { return s.session("one", "/compact", "two") },
	"just compacted": func(s shop) string { return s.session("one", "two", "/compact") },
	"killed in mid-turn": func(s shop) string {
		id := s.session("one")
		s.killedIn(id, "killed")
		return id
	},
	"killed in mid-turn, and goes on": func(s shop) string {
		id := s.session("one")
		s.killedIn(id, "killed too")
		s.goOn(id, "three\n!recall")
		return id
	},
	"killed in its first turn": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id=" + id)
		l.prompt("Hold on\n!hold first")
		s.held("first")
		s.wrote(id, "!hold first")
		l.kill()
		return id
	},
	"last line torn off": func(s shop) string {
		id := s.session("one", "two")
		path := s.transcript(id)
		raw, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, raw[:len(raw)-20], 0o600)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return id
	},
	"interrupted": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id=" + id)
		l.turn("one")
		l.prompt("two\n!partial I begin\n!hold interrupted")
		s.held("interrupted")
		l.control(map[string]any{"subtype": "interrupt"})
		l.await("result")
		l.turn("three")
		l.close()
		return id
	},
	"refused by the API": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id=" + id)
		l.turn("one\n!status 400 no such luck")
		l.turn("two")
		_ = l.in.Close()
		l.kill()
		return id
	},
	"a picture in the prompt": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id=" + id)
		l.turn([]any{
			map[string]any{"type": "image", "source": map[string]any{"type": "base64", "media_type": "image/png", "data": dot}},
			map[string]any{"type": "text", "text": "What is this?"},
		})
		l.close()
		return id
	},
	"prompt given while a tool runs": func(s shop) string {
		id := uuid.NewString()
		l := s.open("--session-id="+id, "--allowedTools=Bash")
		l.prompt("one\n!tool Bash {\"command\":\"until test -e " + s.home + "/go-on; do perl -e 'select(undef,undef,undef,0.1)'; done\"}\n!say Both.")
		l.await("assistant")
		l.prompt("two")
		s.run("", "touch", s.home+"/go-on")
		l.await("result")
		l.close()
		return id
	},
	"with sub-agents": func(s shop) string {
		return s.session("go\n!tool Task {\"description\":\"look\",\"prompt\":\"Look\\n!tool Glob {\\\"pattern\\\":\\\"*\\\"}\\n!say found it\",\"subagent_type\":\"general-purpose\"}\n!say it is on its way",
			"and more\n!tool Task {\"description\":\"more\",\"prompt\":\"!say that too\",\"subagent_type\":\"general-purpose\"}\n!say both are")
	},
	"rewound": func(s shop) string {
		id := s.session("one", "two", "three")
		s.goOn(id, "Another three", "--resume-session-at="+s.answers(id)[1])
		return id
	},
	"two writers at once": func(s shop) string {
		id := s.session("one")
		a, b := s.open("--resume="+id), s.open("--resume="+id)
		a.prompt("I am a\n!hold a")
		s.held("a")
		b.prompt("I am b\n!hold b")
		s.held("b")
		s.model.Release("b")
		b.await("result")
		s.model.Release("a")
		a.await("result")
		b.close()
		a.close()
		return id
	},
}

// dot is a picture of one pixel.
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// killedIn resumes a session and kills it while the model is at work.
func (s shop) killedIn(id, gate string) {
	s.t.Helper()
	l := s.open("--resume=" + id)
	l.prompt("Hold on\n!partial I begin\n!hold " + gate)
	s.held(gate)
	s.wrote(id, "!hold "+gate)
	l.kill()
}

// answers are the uuids of what the model has said in a session.
func (s shop) answers(id string) []string {
	s.t.Helper()
	var all []sdkMessage
	s.sdk.call(&all, "getSessionMessages", id)
	var uuids []string
	for _, m := range all {
		if m.Type == "assistant" {
			uuids = append(uuids, m.UUID)
		}
	}
	return uuids
}
