package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// maxDiff bounds the texts that are compared, in bytes. Longer ones are shown
// one after the other.
const maxDiff = 256 << 10

// changes returns an edit as the lines of a diff, each with its sign.
func changes(e agent.Edit) string {
	if e.Old == "" || e.New == "" || len(e.Old)+len(e.New) > maxDiff {
		return signed("-", e.Old) + signed("+", e.New)
	}
	full := diff.Diff("old", endLine(e.Old), "new", endLine(e.New))
	var lines []string
	for line := range strings.Lines(string(full)) {
		switch {
		case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "--- old"), strings.HasPrefix(line, "+++ new"):
		case strings.HasPrefix(line, "@@") && len(lines) == 0:
		case strings.HasPrefix(line, "@@"):
			lines = append(lines, "…\n")
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// endLine ends the last line: the diff would make a remark on it otherwise.
func endLine(text string) []byte {
	if strings.HasSuffix(text, "\n") {
		return []byte(text)
	}
	return []byte(text + "\n")
}

func signed(sign, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(sign + line)
	}
	if b.Len() > 0 && !strings.HasSuffix(text, "\n") {
		b.WriteString("\n")
	}
	return b.String()
}

// A field is one argument of a tool, as text.
type field struct{ Name, Value string }

// fields are the arguments of a tool in the order in which they were given.
// What is no object is one field without a name.
func fields(input json.RawMessage) []field {
	d := json.NewDecoder(bytes.NewReader(input))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return []field{{Value: string(input)}}
	}
	var list []field
	for d.More() {
		name, err := d.Token()
		var raw json.RawMessage
		if err == nil {
			err = d.Decode(&raw)
		}
		if err != nil {
			return []field{{Value: string(input)}}
		}
		value := string(raw)
		var text string
		if json.Unmarshal(raw, &text) == nil {
			value = text
		}
		list = append(list, field{fmt.Sprint(name), value})
	}
	return list
}

// line is text on one line of at most n characters.
func line(text string, n int) string {
	if most := 8 * n; len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return oneline.Cut(text, n)
}

// tokens says what a message took.
func tokens(t engine.Tokens) string {
	return fmt.Sprintf("%s tokens in, %s out", number(t.Input+t.CacheRead+t.CacheCreation), number(t.Output))
}

// number writes n with a comma at each third digit.
func number(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// cost writes an amount as far as it is known.
func cost(c engine.Cost) string { return c.Text(dollars) }

// dollars writes an amount with as many digits as say something.
func dollars(usd float64) string {
	if usd < 1 {
		return fmt.Sprintf("$%.4f", usd)
	}
	return fmt.Sprintf("$%.2f", usd)
}

// missing says how much of a text is not there.
func missing(shown, whole int) string {
	return fmt.Sprintf("[cut: %s of %s bytes]", number(int64(shown)), number(int64(whole)))
}
