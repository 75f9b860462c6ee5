package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
)

var samples = []string{
	`{}`, `[]`, `"x"`, `1`, `-1.5e+9`, `01`, `1.`, `.5`, `-`, `true`, `tru`, `nul`, `null`, ``, ` `, ` {} `, `{} {}`, `{"a":1,}`, `[1,]`, `{"a"}`, `{a:1}`,
	`{"a":"\u00e9\ud83d\ude00\ud800"}`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"tab\there\"}", "{\"a\":\"nul\x00\"}", "{\"a\":\"bad\xff\"}", "{\"a\":\"\u2028\"}",
	`{"a":[[[[{}]]]]}`, `{"a":[[[[{]}]]]}`, `{"a":9007199254740993}`, "\ufeff{}", "{}\x00",
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
	})
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
