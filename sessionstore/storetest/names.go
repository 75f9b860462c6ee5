package storetest

import (
	"errors"
	"fmt"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func nameLaws() []Law {
	return []Law{
		{"a name belongs to one session", nameBelongsToOne},
		{"a name is free again when it is given up", nameIsFreed},
		{"a reference is a name, an id, or the beginning of an id", resolveOrder},
		{"an ambiguous reference is refused with candidates", resolveAmbiguous},
	}
}

func nameBelongsToOne(k *kit) {
	a := k.create("a", named("name"))
	b := k.create("b")
	k.create("c") // without a name, as b
	s := newSession("d", named("name"))
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s})
	k.refuses("creating with a taken name", err, sessionstore.ErrNameTaken)
	b.Name = "name"
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &b})
	k.refuses("renaming to a taken name", err, sessionstore.ErrNameTaken)
	k.update(a, func(s *sessionstore.Session) { s.Note = "keeps its name" })
	k.create("e", named("Name")) // another one
	k.reopen()
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Create: &s})
	k.refuses("creating with a taken name, later", err, sessionstore.ErrNameTaken)
}

func nameIsFreed(k *kit) {
	a := k.create("a", named("first"))
	k.update(a, named("second"))
	if _, err := k.Resolve(k.ctx, "first"); !errors.Is(err, sessionstore.ErrNotFound) {
		k.Errorf("the old name: got %v, want ErrNotFound", err)
	}
	b := k.create("b", named("first"))
	k.update(b, named(""))
	k.create("c", named("first"))
	k.must(k.Delete(k.ctx, "c", 0))
	k.create("d", named("first"))
	k.reopen()
	for name, id := range map[string]string{"first": "d", "second": "a"} {
		if got, err := k.Resolve(k.ctx, name); err != nil || got.ID != id {
			k.Errorf("Resolve(%q): got %q, %v, want %q", name, got.ID, err, id)
		}
	}
}

func resolveOrder(k *kit) {
	for id, name := range map[string]string{
		"abcd-1": "wxyz-1", // its name is another's id
		"wxyz-1": "abcd-2",
		"abcd-2": "efgh", // its name begins another's id
		"efgh-3": "",
		"efgh-4": "",
		"ijkl":   "",
		"ijkl-5": "",
	} {
		k.create(id, named(name))
	}
	for ref, want := range map[string]string{
		"wxyz-1": "abcd-1", // a name beats an id
		"abcd-2": "wxyz-1",
		"abcd-1": "abcd-1",
		"efgh":   "abcd-2", // a name beats a beginning
		"efgh-":  "",
		"efgh-3": "efgh-3",
		"ijkl":   "ijkl", // an id beats a beginning
		"ijkl-":  "ijkl-5",
		"ijk":    "", // too short
		"wxy":    "",
		"jkl-5":  "", // no beginning
	} {
		got, err := k.Resolve(k.ctx, ref)
		if got.ID != want || (err == nil) != (want != "") {
			k.Errorf("Resolve(%q): got %q, %v, want %q", ref, got.ID, err, want)
		}
	}
}

func resolveAmbiguous(k *kit) {
	for i := range 12 {
		k.create(fmt.Sprintf("same-%c", 'a'+i))
	}
	k.create("samf")
	_, err := k.Resolve(k.ctx, "same")
	var many *sessionstore.AmbiguousError
	if !errors.As(err, &many) {
		k.Fatalf("Resolve: got %v, want an AmbiguousError", err)
	}
	if many.Ref != "same" || len(many.Candidates) != 10 {
		k.Errorf("got %d candidates for %q, want 10 for same", len(many.Candidates), many.Ref)
	}
	seen := make(map[string]bool)
	for _, s := range many.Candidates {
		k.same("candidate", s, k.session(s.ID))
		seen[s.ID] = true
	}
	if len(seen) != len(many.Candidates) {
		k.Errorf("candidates are not different: %v", seen)
	}
	_, err = k.Resolve(k.ctx, "sam")
	k.refuses("three characters", err, sessionstore.ErrNotFound)
}
