package storetest

import (
	"slices"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func dropLaws() []Law {
	return []Law{
		{"dropped entries leave the session", dropLeavesSession},
		{"dropped entries can come again", dropThenAppend},
		{"space is that of what is kept", spaceOfKept},
	}
}

func dropLeavesSession(k *kit) {
	k.refuses("DropEntries of an unknown session", k.DropEntries(k.ctx, "nobody"), sessionstore.ErrNotFound)
	k.furnish("s")
	k.furnish("t")
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Source: newSource("s", 7)})
	k.must(err)
	before, seq := k.session("s"), k.seq()
	k.must(k.DropEntries(k.ctx, "s"))
	if k.seq() == seq {
		k.Errorf("nobody was told of the entries that are gone")
	}
	k.reopen()
	k.same("the session", k.session("s"), before)
	k.same("its turns", len(k.turns("s")), 2)
	k.same("its source", k.source("s"), *newSource("s", 7))
	heads, err := k.Transcripts(k.ctx, "s")
	k.must(err)
	k.same("its transcripts", len(heads), 0)
	for _, sub := range []string{"", "sub"} {
		k.refuses("Entries", k.entriesError("s", sub), sessionstore.ErrNotFound)
	}
	if has, err := k.Known("s", "")(k.ctx, "main"); has || err != nil {
		k.Errorf("Known: got %v, %v, want false", has, err)
	}
	k.same("the other's entries", k.entries("t", "", 0), []string{line("main")})
	seq = k.seq()
	k.must(k.DropEntries(k.ctx, "s"))
	k.same("changes of a second drop", k.seq(), seq)
	k.same("its source after that", k.source("s"), *newSource("s", 7))
}

func (k *kit) seq() uint64 {
	k.Helper()
	seq, err := k.Seq(k.ctx)
	k.must(err)
	return seq
}

func dropThenAppend(k *kit) {
	k.create("s")
	k.append("s", "", line("a"), line("b"), line("c"))
	k.append("s", "", line("d"))
	for range 2 {
		k.must(k.DropEntries(k.ctx, "s"))
		if n := k.append("s", "", line("b"), line("a")); n != 2 {
			k.Errorf("appending what was dropped: got %d new, want 2", n)
		}
		k.reopen()
		k.same("the entries", k.entries("s", "", 0), []string{line("b"), line("a")})
	}
}

func spaceOfKept(k *kit) {
	space := func() sessionstore.Space {
		s, err := k.Space(k.ctx)
		k.must(err)
		return s
	}
	k.create("s")
	k.create("t")
	k.append("s", "", line("a"), line("b"))
	one := space().Lines
	k.same("lines", one, int64(len(line("a"))+len(line("b"))+2))
	k.append("t", "sub", line("a"))
	k.append("t", "", line("a"))
	if s := space(); s.Lines <= one || s.Kept <= 0 || s.Disk < s.Kept {
		k.Errorf("space: got %+v", s)
	}
	k.must(k.DropEntries(k.ctx, "t"))
	k.same("lines after a drop", space().Lines, one)
	k.must(k.Delete(k.ctx, "s", 0))
	k.reopen()
	if got := space(); !slices.Contains([]int64{0, one}, got.Lines) { // what is deleted may be swept later
		k.Errorf("lines after a deletion: got %d", got.Lines)
	}
}
