package agent

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
)

// CopyBranch returns the lines with which the transcript of a fork begins: what
// UpTo returns for a message, as a chain, under the id of another session. All
// else stays as it is, uuids too, as in a fork that Claude Code makes. It reads
// the lines twice. It is nil if the message is not there.
func CopyBranch(lines iter.Seq2[json.RawMessage, error], message, session string) ([]json.RawMessage, error) {
	conv := NewOutline(false)
	for line, err := range lines {
		if err != nil {
			return nil, err
		}
		conv.Add(line)
	}
	branch := conv.UpTo(message)
	if branch == nil {
		return nil, nil
	}
	place := make(map[int64]int) // in the copy, by the number of a line
	for i, m := range branch {
		place[m.Line] = i
	}
	copied := make([]json.RawMessage, len(branch))
	number := int64(0)
	for line, err := range lines {
		if err != nil {
			return nil, err
		}
		if i, ok := place[number]; ok {
			copied[i] = slices.Clone(line)
		}
		number++
	}
	return rechain(copied, session)
}

// rechain makes lines a chain of entries of a session.
func rechain(lines []json.RawMessage, session string) ([]json.RawMessage, error) {
	parent := json.RawMessage("null")
	for i, line := range lines {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(line, &fields); err != nil {
			return nil, err
		}
		fields["parentUuid"], parent = parent, fields["uuid"]
		fields["sessionId"], _ = json.Marshal(session) // a string
		fields["isSidechain"] = json.RawMessage("false")
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(fields); err != nil {
			return nil, err
		}
		lines[i] = bytes.TrimSpace(out.Bytes())
	}
	return lines, nil
}
