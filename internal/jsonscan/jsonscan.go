// Package jsonscan looks at lines of JSON without decoding them: whether they
// are valid, and what single fields say. Importing a folder of transcripts
// means gigabytes of lines of which hardly anything is of interest: to decode
// each costs ten times as much, and to make text of each string on the way, as
// libraries do, twice as much.
//
// Valid takes just what encoding/json takes. The other functions are for lines
// that are valid, and say something or other about those that are not. All are
// safe to call at once. Text that they return shares no memory with the line;
// Values, what is Raw, and names of fields do, which must not change meanwhile.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Fields calls each with the fields of an object, in their order, until it
// returns false. Nothing else has fields.
func Fields(object []byte, each func(name string, v Value) bool) {
	Parse(object).Fields(each)
}

// String returns a field of an object that is a string; "" if it has none. Of
// several of one name the first counts.
func String(object []byte, name string) (s string) {
	Fields(object, func(n string, v Value) bool {
		if n == name {
			s = v.String()
		}
		return n != name
	})
	return s
}

// A Value is a value in a line; it holds on to all of the line. The zero Value
// is nothing.
type Value struct{ raw []byte }

// Parse is the value of a text that is one.
func Parse(value []byte) Value {
	i := gap(value, 0)
	return Value{value[i:end(value, i)]}
}

// Fields is Fields of a value.
func (v Value) Fields(each func(name string, v Value) bool) {
	if !v.begins('{') {
		return
	}
	for i := gap(v.raw, 1); i < len(v.raw) && v.raw[i] == '"'; i = gap(v.raw, i) {
		after := end(v.raw, i)
		name := v.raw[i:after]
		i = gap(v.raw, after)
		value := Value{v.raw[i:end(v.raw, i)]}
		if i += len(value.raw); !each(nameOf(name), value) {
			return
		}
	}
}

// nameOf is the text of a field's name; in the line's memory, if it can be.
func nameOf(quoted []byte) string {
	if inner := trim(quoted); bytes.IndexByte(inner, '\\') < 0 {
		return unsafe.String(unsafe.SliceData(inner), len(inner))
	}
	return text(quoted)
}

// Elements calls each with the elements of an array until it returns false.
// Nothing else has elements.
func (v Value) Elements(each func(v Value) bool) {
	if !v.begins('[') {
		return
	}
	for i := gap(v.raw, 1); i < len(v.raw); i = gap(v.raw, i) {
		element := Value{v.raw[i:end(v.raw, i)]}
		if i += len(element.raw); len(element.raw) == 0 || !each(element) {
			return
		}
	}
}

// Strings calls each with all strings in a value, however deep, in their order;
// names of fields are none.
func Strings(value []byte, each func(s string)) {
	for i := 0; i < len(value); {
		if value[i] != '"' {
			i++
			continue
		}
		after := endOfString(value, i)
		if next := space(value, after); next == len(value) || value[next] != ':' {
			each(text(value[i:after]))
		}
		i = after
	}
}

func (v Value) begins(c byte) bool { return len(v.raw) > 0 && v.raw[0] == c }

// IsString tells whether it is a string.
func (v Value) IsString() bool { return v.begins('"') }

// String is the text of a string, valid UTF-8; "" of anything else.
func (v Value) String() string {
	if !v.IsString() {
		return ""
	}
	return text(v.raw)
}

// True tells whether it is the word true.
func (v Value) True() bool { return string(v.raw) == "true" }

// Number is a number; 0 of anything else, and of one that is too large.
func (v Value) Number() float64 {
	if v.IsString() {
		return 0
	}
	n, err := strconv.ParseFloat(string(v.raw), 64)
	if err != nil {
		return 0
	}
	return n
}

// Raw is the value as it stands in the line, whose memory it is.
func (v Value) Raw() json.RawMessage { return slices.Clip(v.raw) }

// gap returns where the next value begins: after white space and what stands
// between values.
func gap(line []byte, i int) int {
	for i < len(line) {
		switch line[i] {
		case ' ', '\t', '\n', '\r', ',', ':':
			i++
		default:
			return i
		}
	}
	return i
}

// end returns where the value that begins at i ends; i if none does.
func end(line []byte, i int) int {
	if i >= len(line) {
		return i
	}
	switch line[i] {
	case '"':
		return endOfString(line, i)
	case '{', '[':
		return endOfNested(line, i)
	}
	for ; i < len(line); i++ {
		switch line[i] {
		case ',', ':', '}', ']', ' ', '\t', '\n', '\r', '"', '{', '[':
			return i
		}
	}
	return i
}

func endOfNested(line []byte, i int) int {
	for depth := 0; i < len(line); {
		switch line[i] {
		case '"':
			i = endOfString(line, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}

func endOfString(line []byte, begin int) int {
	for i := begin + 1; i < len(line); i++ {
		quote := bytes.IndexByte(line[i:], '"')
		if quote < 0 {
			break
		}
		i += quote
		escapes := i
		for escapes > begin && line[escapes-1] == '\\' {
			escapes--
		}
		if (i-escapes)%2 == 0 {
			return i + 1
		}
	}
	return len(line)
}

// trim takes the quotes off a string.
func trim(quoted []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimPrefix(quoted, []byte{'"'}), []byte{'"'})
}

// text is what a string says.
func text(quoted []byte) string {
	inner := trim(quoted)
	escape := bytes.IndexByte(inner, '\\')
	if escape < 0 {
		return strings.ToValidUTF8(string(inner), "�")
	}
	var b strings.Builder
	b.Grow(len(inner))
	for ; escape >= 0; escape = bytes.IndexByte(inner, '\\') {
		c := unescaped(inner[escape:])
		if c == 0 {
			return decoded(quoted)
		}
		b.Write(inner[:escape])
		b.WriteByte(c)
		inner = inner[escape+2:]
	}
	b.Write(inner)
	return strings.ToValidUTF8(b.String(), "�")
}

// unescaped is what an escape of two bytes stands for; 0 if it is another one.
func unescaped(escape []byte) byte {
	if len(escape) < 2 {
		return 0
	}
	switch c := escape[1]; c {
	case '"', '\\', '/':
		return c
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	}
	return 0
}

// decoded is text for the few strings that have escapes of more than two bytes.
func decoded(quoted []byte) (s string) {
	_ = json.Unmarshal(quoted, &s) // of what is not valid: nothing
	return s
}
