package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

var samples = []string{
	`{}`, `[]`, `"x"`, `1`, `-1.5e+9`, `01`, `1.`, `.5`, `-`, `true`, `tru`, `nul`, `null`, ``, ` `, ` {} `, `{} {}`, `{"a":1,}`, `[1,]`, `{"a"}`, `{a:1}`,
	`{"a":"\u00e9\ud83d\ude00\ud800"}`, `{"\u0061\n":"\"\\\/\b\f\n\r\t\\"}`, `{"a" : [ 1 , {"b": -0.5e1} ,"]}" ] }`, `"0123456\"89"`, `"01234567`, `"0123456\`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"tab\there\"}", "{\"a\":\"nul\x00\"}", "{\"a\":\"bad\xff\"}", "{\"a\":\"\u2028\"}",
	`{"a":[[[[{}]]]]}`, `{"a":[[[[{]}]]]}`, `{"a":9007199254740993}`, `1e999`, `{"a":[-1e999]}`, "\ufeff{}", "{}\x00",
}

func TestValidIsWhatJSONTakes(t *testing.T) {
	for _, s := range append(samples, strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999), strings.Repeat("[", 20_000_000), strings.Repeat(`{"a":`, 10_001)) {
		if got, want := Valid([]byte(s)), json.Valid([]byte(s)); got != want {
			t.Errorf("%.60q is valid: %v, want %v", s, got, want)
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, s := range samples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := Valid([]byte(s)), json.Valid([]byte(s)); got != want {
			t.Errorf("%q is valid: %v, want %v", s, got, want)
		}
		String([]byte(s), "a")
		Fields([]byte(s), func(_ string, v Value) bool { _, _ = v.Raw(), v.String(); return true })
		if json.Valid([]byte(s)) && utf8.ValidString(s) { // for what is not, encoding/json has its own way
			sameAsDecoded(t, Parse([]byte(s)))
		}
	})
}

// sameAsDecoded tells whether a value says what encoding/json makes of it.
func sameAsDecoded(t *testing.T, v Value) {
	var want any
	if err := json.Unmarshal(v.Raw(), &want); err != nil {
		if want == nil && !v.begins('{') && !v.begins('[') && v.Number() != 0 {
			t.Errorf("%s, which is too large, is %v", v.Raw(), v.Number())
		}
		return
	}
	switch want := want.(type) {
	case string:
		if !v.IsString() || v.String() != want {
			t.Errorf("%s says %q, want %q", v.Raw(), v.String(), want)
		}
	case float64:
		if v.Number() != want {
			t.Errorf("%s is %v, want %v", v.Raw(), v.Number(), want)
		}
	case bool:
		if v.True() != want {
			t.Errorf("%s is true: %v", v.Raw(), v.True())
		}
	case []any:
		n := 0
		v.Elements(func(v Value) bool { n++; sameAsDecoded(t, v); return true })
		if n != len(want) {
			t.Errorf("%s has %d elements, want %d", v.Raw(), n, len(want))
		}
	case map[string]any:
		names := map[string]bool{}
		v.Fields(func(name string, v Value) bool {
			names[name] = true
			sameAsDecoded(t, v)
			return true
		})
		for name := range want {
			if !names[name] {
				t.Errorf("%s has no field %q", v.Raw(), name)
			}
		}
		if len(want) == 0 && len(names) > 0 {
			t.Errorf("%s has fields", v.Raw())
		}
	}
}

func TestString(t *testing.T) {
	for line, want := range map[string]string{
		`{"b":{"a":"inner"},"a":"é\n\"x\""}`: "é\n\"x\"",
		`{"a":1}`:                            "",
		`{"b":"a"}`:                          "",
		`["a"]`:                              "",
		`{"a.b":"dot","a":{"b":"in"}}`:       "",
		"{\"a\":\"bad\xff\"}":                "bad�",
	} {
		if got := String([]byte(line), "a"); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if got := String([]byte(`{"a.b":"dot","a":{"b":"in"}}`), "a.b"); got != "dot" {
		t.Errorf("a name with a dot: %q", got)
	}
}

func TestFields(t *testing.T) {
	var got []string
	Fields([]byte(`{"s":"x","t":true,"n":1.5,"o":{"s":"y"}}`), func(name string, v Value) bool {
		got = append(got, name+"="+string(v.Raw()))
		switch name {
		case "t":
			if !v.True() {
				t.Error("true is not true")
			}
		case "n":
			if v.Number() != 1.5 {
				t.Errorf("1.5 is %v", v.Number())
			}
		}
		return name != "n"
	})
	Fields([]byte(`{"o":{"list":[1,"x",{}]}}`), func(_ string, o Value) bool {
		o.Fields(func(name string, v Value) bool {
			v.Elements(func(v Value) bool {
				got = append(got, name+":"+string(v.Raw()))
				return true
			})
			return true
		})
		return true
	})
	Fields([]byte(`["a"]`), func(name string, _ Value) bool { t.Errorf("an array has the field %q", name); return true })
	if want := `s="x" t=true n=1.5 list:1 list:"x" list:{}`; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// A string is looked at eight bytes at a time: each place of those, and each
// byte.
func TestBytesOfStrings(t *testing.T) {
	for at := range 20 {
		for c := range 256 {
			s := []byte(`"` + strings.Repeat("x", 20) + `"`)
			s[1+at] = byte(c)
			if got, want := Valid(s), json.Valid(s); got != want {
				t.Errorf("%q is valid: %v, want %v", s, got, want)
			}
		}
	}
}

func TestStrings(t *testing.T) {
	var got []string
	for _, s := range []string{`{"a":"1","b":{"c" : ["2",3,{"d":"\"4\\"}]},"e":"" }`, `"5"`, `7`, `"open`, ``} {
		Strings([]byte(s), func(s string) { got = append(got, s) })
	}
	if want := `1|2|"4\||5|open`; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
}

func BenchmarkFields(b *testing.B) {
	line := []byte(`{"type":"user","message":{"role":"user","content":"` + strings.Repeat("some \\\"words\\\" and more,\\n", 300) + `"},"uuid":"x"}`)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		String(line, "uuid")
	}
}

func BenchmarkValid(b *testing.B) {
	line := []byte(`{"type":"user","message":{"role":"user","content":"` + strings.Repeat("some words and more, ", 300) + `"},"uuid":"x"}`)
	b.Run("here", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		for b.Loop() {
			Valid(line)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		for b.Loop() {
			json.Valid(line)
		}
	})
}
