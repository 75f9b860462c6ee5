package engine

import (
	"encoding/json"
	"fmt"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Archive says of which sessions the store keeps a copy of the transcript, from
// which it is written back when Claude Code has deleted it.
type Archive string

// The choices of Config.Archive.
const (
	ArchiveAll     Archive = "all"
	ArchiveManaged Archive = "managed" // of those that were made or resumed here
	ArchiveOff     Archive = "off"     // of none but what their own runs report
)

// ParseArchive reads a choice; "" is ArchiveAll.
func ParseArchive(s string) (Archive, error) {
	switch a := Archive(s); a {
	case "":
		return ArchiveAll, nil
	case ArchiveAll, ArchiveManaged, ArchiveOff:
		return a, nil
	}
	return "", fmt.Errorf("%q is no choice; it can be %s, %s or %s", s, ArchiveAll, ArchiveManaged, ArchiveOff)
}

// restarted tells whether a file was replaced or became shorter since it was
// first read: the store may have lines then that it has not.
func restarted(src sessionstore.Source) bool {
	var state importState
	return json.Unmarshal(src.State, &state) != nil || state.Restarts > 0
}

// takes tells whether what is read of a session's file is to be stored.
func (a Archive) takes(s sessionstore.Session) bool {
	switch a {
	case ArchiveOff:
		return false
	case ArchiveManaged:
		return s.Origin == sessionstore.Managed
	}
	return true
}
