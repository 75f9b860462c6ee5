package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func entryLaws() []Law {
	return []Law{
		{"entries keep their order within and across appends", entriesKeepOrder},
		{"reading begins at any entry", readingBeginsAnywhere},
		{"an empty append is no write", emptyAppend},
		{"a known uuid is dropped", knownUUIDDropped},
		{"a verbatim append keeps all lines", verbatimKept},
		{"lines without a uuid are always kept", withoutUUIDKept},
		{"transcripts of a session are apart", transcriptsApart},
		{"a bad line makes the append fail as a whole", badLine},
		{"10,000 lines are one append", manyLines},
		{"appending leaves the session as it is", appendLeavesSession},
		{"a transcript says what it holds", heads},
	}
}

func entriesKeepOrder(k *kit) {
	k.create("s")
	var want []string
	for i := range 20 {
		part := lines(fmt.Sprint("part", i), i%3+1)
		if n := k.append("s", "", part...); n != len(part) {
			k.Errorf("append %d: got %d new, want %d", i, n, len(part))
		}
		want = append(want, part...)
	}
	k.reopen()
	k.same("entries", k.entries("s", "", 0), want)
}

func readingBeginsAnywhere(k *kit) {
	k.create("s")
	var want []string
	for i := range 12 {
		part := lines(fmt.Sprint("part", i), 7)
		k.append("s", "", part...)
		want = append(want, part...)
	}
	for _, from := range []int{0, 1, 6, 7, 8, 50, 83} {
		k.same(fmt.Sprint("entries from ", from), k.entries("s", "", int64(from)), want[from:])
	}
	for _, from := range []int64{84, 85, 1 << 40} {
		k.same(fmt.Sprint("entries from ", from), len(k.entries("s", "", from)), 0)
	}
	for e, err := range k.Entries(k.ctx, "s", "", 3) { // a loop may end early
		k.must(err)
		k.same("the first entry", string(e.Raw), want[3])
		break
	}
}

func emptyAppend(k *kit) {
	k.create("s")
	seq, err := k.Seq(k.ctx)
	k.must(err)
	if n := k.append("s", ""); n != 0 {
		k.Errorf("got %d new, want 0", n)
	}
	if now, err := k.Seq(k.ctx); err != nil || now != seq {
		k.Errorf("sequence number: got %d, %v, want %d as before", now, err, seq)
	}
	k.refuses("the entries", k.entriesError("s", ""), sessionstore.ErrNotFound)
	k.append("s", "", line("u"))
	k.append("s", "")
	k.same("entries", k.entries("s", "", 0), []string{line("u")})
}

func knownUUIDDropped(k *kit) {
	k.create("s")
	all := lines("u", 12)
	for _, step := range []struct {
		what  string
		lines []string
		want  int
	}{
		{"a batch", all[:5], 5},
		{"the same batch", all[:5], 0},
		{"an overlapping batch", all[3:8], 3},
		{"a batch around", all[:10], 2},
		{"a double in a batch", []string{all[10], all[10], all[11], all[10]}, 2},
		{"another line with a known uuid", []string{`{"type":"changed","uuid":"u-3"}`}, 0},
		{"a uuid in other letters", []string{`{"uuid":"U-3"}`}, 1},
	} {
		if n := k.append("s", "", step.lines...); n != step.want {
			k.Errorf("%s: got %d new, want %d", step.what, n, step.want)
		}
		k.reopen()
	}
	k.same("entries", k.entries("s", "", 0), append(all, `{"uuid":"U-3"}`))
	for uuid, want := range map[string]bool{"u-0": true, "u-11": true, "U-3": true, "u-12": false, "u": false, "": false} {
		if got, err := k.Known("s", "")(k.ctx, uuid); got != want || err != nil {
			k.Errorf("Known(%q): got %v, %v, want %v", uuid, got, err, want)
		}
	}
	known := k.Known("s", "")
	for _, want := range []bool{false, true} {
		if got, err := known(k.ctx, "later"); got != want || err != nil {
			k.Errorf("Known of what is appended later: got %v, %v, want %v", got, err, want)
		}
		k.append("s", "", line("later"))
	}
}

func verbatimKept(k *kit) {
	k.create("s")
	changed := `{"type":"changed","uuid":"u-1"}`
	want := slices.Concat(lines("u", 2), []string{changed, line("u-0"), line("u-0")})
	verbatim := func(want int, raws ...string) {
		k.Helper()
		a := batch("s", "", raws...)
		a.Verbatim = true
		if n, err := k.Append(k.ctx, a); err != nil || n != want {
			k.Errorf("a verbatim append: got %d new, %v, want %d", n, err, want)
		}
	}
	k.append("s", "", want[:2]...)
	verbatim(3, want[2:]...)
	k.reopen()
	k.same("entries", k.entries("s", "", 0), want)
	k.same("entries from 3", k.entries("s", "", 3), want[3:])
	if n := k.append("s", "", changed, line("u-0"), line("u-2")); n != 1 { // one that drops goes on
		k.Errorf("an append after it: got %d new, want 1", n)
	}
	verbatim(1, line("u-2"))
	k.same("entries", k.entries("s", "", 0), append(want, line("u-2"), line("u-2")))
	if has, err := k.Known("s", "")(k.ctx, "u-1"); !has || err != nil {
		k.Errorf("Known: got %v, %v, want true", has, err)
	}
}

func withoutUUIDKept(k *kit) {
	k.create("s")
	same := []string{`{"type":"summary"}`, `{"type":"summary"}`, `{}`, `{"uuid":null}`, `{"uuid":""}`, `{"message":{"uuid":"inner"}}`}
	for range 2 {
		if n := k.append("s", "", same...); n != len(same) {
			k.Errorf("got %d new, want %d", n, len(same))
		}
	}
	k.same("entries", k.entries("s", "", 0), slices.Concat(same, same))
	for _, uuid := range []string{"inner", ""} {
		if has, err := k.Known("s", "")(k.ctx, uuid); has || err != nil {
			k.Errorf("Known(%q): got %v, %v, want false", uuid, has, err)
		}
	}
}

func transcriptsApart(k *kit) {
	k.create("s")
	k.create("s2")
	subs := []string{"", "a", "ab", "a/b", "a\x00", "subagents/workflows/wf-1/agent-7"}
	for _, sub := range subs {
		if n := k.append("s", sub, line("same"), line("in "+sub)); n != 2 {
			k.Errorf("appending to %q: got %d new, want 2", sub, n)
		}
	}
	k.append("s2", "a", line("same"))
	k.reopen()
	for _, sub := range subs {
		k.same(fmt.Sprintf("entries of %q", sub), k.entries("s", sub, 0), []string{line("same"), line("in " + sub)})
		if has, err := k.Known("s", sub)(k.ctx, "in "+sub); !has || err != nil {
			k.Errorf("Known in %q: got %v, %v, want true", sub, has, err)
		}
	}
	if has, err := k.Known("s", "ab")(k.ctx, "in a"); has || err != nil {
		k.Errorf("Known of another transcript's: got %v, %v, want false", has, err)
	}
	k.refuses("an unknown transcript", k.entriesError("s", "b"), sessionstore.ErrNotFound)
	k.refuses("a session's own, which is empty", k.entriesError("s2", ""), sessionstore.ErrNotFound)
	k.same("sessions", sorted(k.listIDs(sessionstore.Query{})), []string{"s", "s2"})
}

func badLine(k *kit) {
	k.create("s")
	for _, bad := range []string{``, ` `, `7`, `null`, `"text"`, `[{}]`, `{`, `{"uuid":"x"} {}`, `{"a":}`, "{}\n{}"} {
		if _, err := k.Append(k.ctx, batch("s", "", line("good"), bad, line("too"))); err == nil {
			k.Errorf("line %q: got no error", bad)
		}
	}
	k.refuses("the entries", k.entriesError("s", ""), sessionstore.ErrNotFound)
}

func manyLines(k *kit) {
	k.create("s")
	all := lines("many", 10_000)
	if n := k.append("s", "", all...); n != len(all) {
		k.Errorf("got %d new, want %d", n, len(all))
	}
	k.reopen()
	if got := k.entries("s", "", 0); !slices.Equal(got, all) {
		k.Errorf("got %d entries, want the %d that were appended", len(got), len(all))
	}
	if n := k.append("s", "", append(all[9_990:], line("new"))...); n != 1 {
		k.Errorf("the end again and one more: got %d new, want 1", n)
	}
	k.same("the last one", k.entries("s", "", 10_000), []string{line("new")})
}

func appendLeavesSession(k *kit) {
	s := k.create("s")
	k.append("s", "", line("u"))
	k.same("the session", k.session("s"), s)
	k.update(s, func(s *sessionstore.Session) { s.Note = "no conflict" })
}

func heads(k *kit) {
	k.create("s")
	if got, err := k.Transcripts(k.ctx, "s"); err != nil || len(got) != 0 {
		k.Errorf("transcripts of a new session: got %v, %v, want none", got, err)
	}
	var want []sessionstore.TranscriptHead
	for _, sub := range []string{"", "a", "b/c"} {
		raws := append(lines("u", len(sub)+1), strings.Repeat(" ", 3)+`{"white":"space"}`)
		bytes := int64(len(strings.Join(raws, "\n"))+1) - 3
		want = append(want, sessionstore.TranscriptHead{SessionID: "s", Sub: sub, Entries: int64(len(raws)), Bytes: bytes})
		defer k.append("s", sub) // no-op
		k.append("s", sub, raws...)
		k.append("s", sub, raws[0])
	}
	k.reopen()
	got, err := k.Transcripts(k.ctx, "s")
	k.must(err)
	k.same("transcripts", got, want)
}
