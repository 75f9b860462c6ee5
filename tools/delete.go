package tools

import (
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

func deleteSessions() tool {
	return define(spec[engine.DeleteRequest, engine.Deletion]{
		name:  "delete_sessions",
		title: "Delete Claude Code sessions",
		description: `Deletes sessions for good: their record, turns, and the copy of their transcript. Without confirm it says what it would delete, and deletes nothing, unless the user, asked through a client that can ask them, says yes.
Show the user what the first call says, and call again with confirm: true only if they want it. To put sessions away instead, use update_session with archived.
All that are named go, or none. Sessions at work are refused, and so are those that have forks, unless with_forks deletes these, too. Claude Code's own transcript files stay (a terminal can resume them) unless delete_transcript is set; a file that stays brings its session back only when somebody adds to it.
Returns deleted, sessions (with their transcripts), total, forks, stored_bytes, transcript_bytes and next.`,
		hints: hints{destructive: true, idempotent: true},
		call:  deleteAsking,
		bound: func(d engine.Deletion) engine.Deletion { return d },
		show:  showDeletion,
	})
}

// maxDoomedShown is how many sessions the text tells.
const maxDoomedShown = 20

func showDeletion(d engine.Deletion) string {
	var b strings.Builder
	verb := "Would delete"
	if d.Deleted {
		verb = "Deleted"
	}
	fmt.Fprintf(&b, "%s %s (%s of them forks that were not named), %s of copies, %s of Claude Code's files:\n",
		verb, count(d.Total, "session"), fmt.Sprint(d.Forks), size(d.StoredBytes), size(d.TranscriptBytes))
	for i, s := range d.Sessions {
		if i == maxDoomedShown {
			fmt.Fprintf(&b, "… and %d more\n", d.Total-maxDoomedShown)
			break
		}
		fmt.Fprintf(&b, "%s %s · %s · %s%s\n", s.ID, oneline.Cut(s.Title, maxRowTitle), s.Status, count(s.Turns, "turn"), fileFate(s))
	}
	if len(d.AlreadyDeleted) > 0 {
		fmt.Fprintf(&b, "Deleted before: %s\n", oneline.Cut(strings.Join(d.AlreadyDeleted, ", "), 400))
	}
	for _, sentence := range d.Failed {
		fmt.Fprintln(&b, oneline.Cut(sentence, 300))
	}
	if d.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", d.Next)
	}
	return strings.TrimSpace(b.String())
}

// fileFate tells what becomes of a session's transcript.
func fileFate(s engine.Doomed) string {
	switch {
	case s.Transcript == "":
		return ""
	case s.DeleteTranscript:
		return " · with " + s.Transcript
	}
	return " · " + s.Transcript + " stays"
}

// size writes a number of bytes in its largest unit.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
