// Package jsonscan looks at lines of JSON without decoding them: whether they
// are valid, and what single fields say. Importing a folder of transcripts
// means gigabytes of lines of which hardly anything is of interest; decoding
// each costs five to ten times as much.
//
// Valid takes just what encoding/json takes. The other functions are for lines
// that are valid, and say something or other about those that are not. All are
// safe to call at once. Text that they return shares no memory with the line;
// Values, what is Raw, and names of fields do, which must not change meanwhile.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// maxDepth is how deep encoding/json lets JSON be. What is deeper would be a
// danger to the stack, as lines may be many megabytes of brackets.
const maxDepth = 10_000

// Valid tells whether line is valid JSON, and not too deep.
func Valid(line []byte) bool {
	if bytes.Count(line, []byte{'['})+bytes.Count(line, []byte{'{'}) > maxDepth {
		return json.Valid(line)
	}
	return gjson.ValidBytes(line)
}

// Fields calls each with the fields of an object, in their order, until it
// returns false. Nothing else has fields.
func Fields(object []byte, each func(name string, v Value) bool) {
	Parse(object).Fields(each)
}

// String returns a field of an object that is a string; "" if it has none.
func String(object []byte, name string) (s string) {
	if len(object) == 0 || object[0] != '{' {
		return ""
	}
	return Value{gjson.GetBytes(object, gjson.Escape(name))}.String()
}

// A Value is a value in a line; it holds on to all of the line.
type Value struct{ found gjson.Result }

// Parse is the value of a text that is one.
func Parse(value []byte) Value {
	return Value{gjson.Parse(unsafe.String(unsafe.SliceData(value), len(value)))}
}

// Fields is Fields of a value.
func (v Value) Fields(each func(name string, v Value) bool) {
	if v.found.IsObject() {
		v.found.ForEach(func(name, v gjson.Result) bool { return each(name.Str, Value{v}) })
	}
}

// Elements calls each with the elements of an array until it returns false.
// Nothing else has elements.
func (v Value) Elements(each func(v Value) bool) {
	if v.found.IsArray() {
		v.found.ForEach(func(_, v gjson.Result) bool { return each(Value{v}) })
	}
}

// IsString tells whether it is a string.
func (v Value) IsString() bool { return v.found.Type == gjson.String }

// String is the text of a string, valid UTF-8; "" of anything else.
func (v Value) String() string {
	if v.found.Type != gjson.String {
		return ""
	}
	s := strings.ToValidUTF8(v.found.Str, "�")
	if strings.IndexByte(v.found.Raw, '\\') >= 0 {
		return s // what was escaped was written anew
	}
	return strings.Clone(s)
}

// True tells whether it is the word true.
func (v Value) True() bool { return v.found.Type == gjson.True }

// Number is a number; 0 of anything else.
func (v Value) Number() float64 {
	if v.found.Type != gjson.Number {
		return 0
	}
	return v.found.Num
}

// Raw is the value as it stands in the line, whose memory it is.
func (v Value) Raw() json.RawMessage {
	return unsafe.Slice(unsafe.StringData(v.found.Raw), len(v.found.Raw))
}
