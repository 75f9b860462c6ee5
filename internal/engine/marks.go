package engine

import (
	"hash/maphash"
	"os"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// marks are what two transcripts are compared by: the messages that they have in
// common. They are made by reading one once, however many it is compared with.
type marks struct {
	of    fileMark
	order []mark
	has   map[uint64]bool
}

type mark struct {
	id   uint64 // hash of an entry's uuid
	turn bool   // it is a prompt
	said bool   // it is of the conversation
}

// fileMark is what a file was like; zero: there was none.
type fileMark struct {
	path string
	size int64
	time int64
}

// maxMarks bounds the marks that are kept, of some 50 bytes each.
const maxMarks = 256 << 10

var markSeed = maphash.MakeSeed()

// marksOf returns the marks of a session as its file is now. kin is held.
func (im *importer) marksOf(s sessionstore.Session) *marks {
	now := markFile(s)
	if m := im.marks[s.ID]; m != nil && m.of == now {
		return m
	}
	m := &marks{of: now, has: map[uint64]bool{}}
	for line := range im.linesOf(s) {
		id := agent.EntryID(line)
		if id == "" {
			continue
		}
		var sum agent.Summary
		sum.Add(line)
		hash := maphash.String(markSeed, id)
		m.order, m.has[hash] = append(m.order, mark{id: hash, turn: sum.Turns > 0, said: sum.Last != ""}), true
	}
	if now != (fileMark{}) {
		im.keepMarks(s.ID, m)
	}
	return m
}

func markFile(s sessionstore.Session) fileMark {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return fileMark{}
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fileMark{}
	}
	return fileMark{path: path, size: info.Size(), time: info.ModTime().UnixNano()}
}

// keepMarks keeps marks in the place of any others, if there are too many.
func (im *importer) keepMarks(id string, m *marks) {
	im.marks[id] = m
	kept := 0
	for _, m := range im.marks {
		kept += len(m.order)
	}
	for other, m := range im.marks {
		if kept > maxMarks && other != id {
			kept -= len(m.order)
			delete(im.marks, other)
		}
	}
}

// shared counts the prompts that m has of another, and tells whether it has any
// message of it.
func (m *marks) shared(of *marks) (turns int, any bool) {
	for _, mark := range m.order {
		if !of.has[mark.id] {
			continue
		}
		any = any || mark.said
		if mark.turn {
			turns++
		}
	}
	return turns, any
}
