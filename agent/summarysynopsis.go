package agent

import "slices"

// keptSynopses bounds the summaries that wait for their message.
const keptSynopses = 64

// A synopsis is a summary of a conversation up to a message. Claude Code has
// written those of some conversations into the transcripts of others.
type synopsis struct {
	Leaf uint64 `json:"leaf"` // hash of the message's uuid
	Text string `json:"text"`
}

// synopsis takes a summary, if it is of this conversation: at once, or when its
// message is read.
func (s *Summary) synopsis(leaf, text string) {
	if leaf == "" {
		return
	}
	hash := seenHash("uuid", leaf)
	if s.Seen.has(hash) {
		s.Synopsis = text
		return
	}
	s.Synopses = slices.DeleteFunc(s.Synopses, func(o synopsis) bool { return o.Leaf == hash })
	if len(s.Synopses) == keptSynopses {
		s.Synopses = slices.Delete(s.Synopses, 0, 1)
	}
	s.Synopses = append(s.Synopses, synopsis{hash, text})
}

// verify takes the summary that has waited for a message.
func (s *Summary) verify(hash uint64) {
	for i, o := range s.Synopses {
		if o.Leaf == hash {
			s.Synopsis = o.Text
			s.Synopses = slices.Delete(s.Synopses, i, i+1)
			return
		}
	}
}
