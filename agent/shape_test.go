package agent

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
)

// The shape of a message is that of its Reading.
func TestShape(t *testing.T) {
	lines := []string{
		answer("a", "", "m", "end_turn", "hello"), answer("a", "", "m", "end_turn", " "), toolUses("a", "", "m", "u"), resultOf("r", "", "u"), synthesized("e", "", "API Error", true),
		line("assistant", "a", "", `"message":{"id":"m","content":[{"type":"thinking","thinking":"hm"},{"type":"thinking","thinking":""},{"type":"text","text":"x"},{"type":"hologram"},{"type":"server_tool_use","id":"s","name":"w","input":{}},{"type":"image"}]}`),
		line("assistant", "a", "", `"message":{"id":"m","content":"in words"}`), line("assistant", "a", "", `"message":7`),
		line("user", "r", "", `"message":{"content":[{"type":"tool_result","tool_use_id":"u","content":"x"},{"type":"text","text":"and"}]}`),
	}
	for _, test := range eras {
		for line, err := range ReadLines(filepath.Join("testdata", "eras", test.file), 0) {
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
	}
	known := 0
	for _, l := range lines {
		m, _ := NewOutline(false).AddLine(0, json.RawMessage(l))
		speaker, blocks, ok := m.Shape()
		if !ok {
			continue
		}
		known++
		r, _ := ParseReading(json.RawMessage(l))
		var want []BlockKind
		for _, b := range r.Blocks {
			want = append(want, b.Kind)
		}
		if speaker != r.Speaker || !slices.Equal(blocks, want) || m.Reply() != r.Reply {
			t.Errorf("of %s: %s %v %s, want %s %v %s", l, speaker, blocks, m.Reply(), r.Speaker, want, r.Reply)
		}
	}
	if known < 20 {
		t.Errorf("only %d of the lines were compared", known)
	}
}
