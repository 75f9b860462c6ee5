package agent

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// eras are transcripts as versions of Claude Code have written them, with what
// they say. TestEras of test/oracle compares them with Claude Code itself.
var eras = []struct {
	file, active, sent, inline string
}{
	{"1.0.98.jsonl",
		"Caveat:… | <command-name>/clear</command-name>… | <local-command-stdout></local-command-stdout> | ask a helper about cinnamon | use | result | It is cassia.",
		"Caveat:… | <command-name>/clear</command-name>… | <local-command-stdout></local-command-stdout> | ask a helper about cinnamon | use | result | It is cassia.",
		"look up cassia bark | Cassia grows in Guangxi."},
	{"2.0.25.jsonl", "Warmup | Ready. | sort the barley ledger | Sorted. | and the rye one | Sorted, too.",
		"Warmup | Ready. | sort the barley ledger | Sorted. | and the rye one | Sorted, too.", ""},
	{"2.0.28.jsonl", "ask a helper about nutmeg | use | result | It is mace.", "ask a helper about nutmeg | use | result | It is mace.", ""},
	{"2.1.29.jsonl",
		"find the marzipan leak | It is in pump three. | compacted | This session… | Going on with the pumps. | check the hose | use | result | The hose is fine. | and the valve | The valve, too.",
		"This session… | Going on with the pumps. | check the hose | use | result | The hose is fine. | and the valve | The valve, too.", ""},
	{"2.1.332.jsonl",
		"look at both kilns | thought | Looking. | use | result | use | result | Both kilns work. | grease the hub | Hub greased. | compacted | This session… | name a teacup | Earl. | command | command",
		"This session… | grease the hub | Hub greased. | name a teacup | Earl. | command | command", ""},
}

func TestEras(t *testing.T) {
	for _, test := range eras {
		t.Run(test.file, func(t *testing.T) {
			c := read(t, filepath.Join("testdata", "eras", test.file))
			var sent []Message
			for _, unit := range c.SentUpTo("") {
				sent = append(sent, unit...)
			}
			var inline []Message
			for _, s := range c.Sidechains() {
				inline = append(inline, s.Entries...)
			}
			for _, part := range []struct {
				name, want string
				got        []Message
			}{{"active", test.active, c.Active()}, {"sent", test.sent, sent}, {"sub-agents", test.inline, inline}} {
				if got := briefly(part.got); got != part.want {
					t.Errorf("%s:\n%s\nwant\n%s", part.name, got, part.want)
				}
			}
			if !c.CanFork(c.ForkPoint()) {
				t.Errorf("there is no fork after its fork point %q", c.ForkPoint())
			}
		})
	}
}

// briefly returns what messages say, each in a few words.
func briefly(list []Message) string {
	var said []string
	for _, m := range list {
		text := m.Text
		for _, long := range []string{"Caveat:", "<command-name>/clear</command-name>", "This session"} {
			if strings.HasPrefix(text, long) {
				text = long + "…"
			}
		}
		switch {
		case m.boundary:
			text = "compacted"
		case m.command:
			text = "command"
		case len(m.uses) > 0:
			text = "use"
		case len(m.results) > 0:
			text = "result"
		case m.blank && m.Type == "assistant":
			text = "thought"
		case text == "":
			continue // bookkeeping
		}
		said = append(said, text)
	}
	return strings.Join(said, " | ")
}

// A conversation in outline has the same entries as one that keeps the words.
func TestOutline(t *testing.T) {
	for _, test := range eras {
		path := filepath.Join("testdata", "eras", test.file)
		whole, outline := read(t, path), NewOutline(false)
		for line, err := range ReadLines(path, 0) {
			if err != nil {
				t.Fatal(err)
			}
			outline.Add(json.RawMessage(line))
		}
		if got, want := uuids(outline.Active()), uuids(whole.Active()); !slices.Equal(got, want) {
			t.Errorf("%s: the outline has %v, want %v", test.file, got, want)
		}
		for _, m := range outline.Active() {
			if m.Text != "" || m.Digest != [32]byte{} {
				t.Errorf("%s: the outline keeps %q", test.file, m.Text)
			}
		}
	}
}
