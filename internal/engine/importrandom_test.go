package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Whatever happens to the files of a real folder while it is watched, the list
// comes to what a first import of the folder finds. (A title stays when its file
// is begun anew.)
func TestImportFollowsAnyChange(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	files := map[string]string{} // paths by id
	turnsOf := map[string]int{}  // turns that were written since the file was begun
	rest := map[string]string{}  // of a line that is torn
	next := 0                    // makes the uuids of all turns different
	change := func(id string) {
		if files[id] == "" {
			files[id] = filepath.Join(p.dir, "config", "projects", fmt.Sprint("-w", r.IntN(3)), id+".jsonl")
			turnsOf[id], rest[id] = 0, ""
		}
		if rest[id] != "" {
			p.raw(files[id], rest[id]+"\n")
			rest[id] = ""
		}
		switch r.IntN(8) {
		case 0: // torn in a line
			line := title("t")
			cut := 1 + r.IntN(len(line)-1)
			p.raw(files[id], line[:cut])
			rest[id] = line[cut:]
		case 1: // begun anew
			if err := os.WriteFile(files[id], nil, 0o600); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			turnsOf[id] = 0
			fallthrough
		case 2, 3:
			p.raw(files[id], "no JSON\n")
			fallthrough
		default:
			next++
			p.terminal(files[id], turnLines(next, next, "", fmt.Sprint("prompt ", next), "x")...)
			turnsOf[id]++
		}
	}
	ids := []string{elsewhereA, elsewhereB, elsewhereC}
	for range 60 {
		change(ids[r.IntN(len(ids))])
		if r.IntN(10) == 0 {
			p.settled(c.Engine)
		}
	}
	for _, id := range ids {
		if turnsOf[id] == 0 {
			change(id)
		}
		for turnsOf[id] == 0 { // it was torn only
			change(id)
		}
	}
	fresh := newPlace(t, sessionstore.Options{})
	fresh.caller = p.caller
	again := fresh.client(Config{})
	for _, id := range ids {
		want := fresh.awaits("a first import", id, turns(turnsOf[id]))
		p.awaits(fmt.Sprintf("what a first import finds, %+v", want), id, func(got sessionstore.Session) bool {
			return got.Turns == want.Turns && got.FirstPrompt == want.FirstPrompt &&
				got.LastPrompt == want.LastPrompt && got.LastMessage == want.LastMessage && got.Usage == want.Usage
		})
	}
	p.settled(c.Engine)
	fresh.settled(again.Engine)
}
