package engine

import (
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
)

// A list never looks complete before it is.
func TestImporting(t *testing.T) {
	some := func(n int) []*file { return make([]*file, n) }
	for want, im := range map[string]*importer{
		"looking for sessions": {},
		"importing 2 of 3":     {looked: true, total: 3, glances: some(1), whole: some(2)},
		"reading 1 of 3":       {looked: true, total: 3, whole: some(2)},
		"":                     {looked: true},
	} {
		e := &Engine{importers: map[string]*importer{"": im}}
		if got := e.importing(); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	last, other := &file{}, &file{}
	im := &importer{e: &Engine{}, looked: true, total: 2, busy: 2, ctx: t.Context(), faulty: map[string]string{}}
	im.moved.L = &im.mu
	read := func(f agent.FoundTranscript) (agent.FoundTranscript, bool, error) { return f, true, nil }
	im.workAt(other, read, &im.whole)
	if im.total == 0 {
		t.Error("the import is at its end while a transcript is worked at")
	}
	im.workAt(last, read, &im.whole)
	if im.total != 0 {
		t.Error("the import has no end")
	}
}
