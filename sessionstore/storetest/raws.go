package storetest

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func rawLaws() []Law {
	return []Law{
		{"a line keeps its bytes", lineKeepsBytes},
		{"a line may be longer than 1 MiB", longLines},
		{"a large transcript is read in bounded memory", boundedMemory},
	}
}

func lineKeepsBytes(k *kit) {
	k.create("s")
	want := []string{
		`{"text":"Größe 🦉 日本語 ` + "\u2028\u2029" + `"}`,
		`{"text":"\u2028 \u0000 \ud83e\udd89 \/ <b>&amp;</b>"}`,
		`{"n":9007199254740993,"m":-123456789012345678901234567890,"e":1e400,"z":1.0,"y":-0}`,
		`{"b":1,"a":2,"b":3}`,
		`{ "spaces" : [ 1 ,	2 ] }`,
		`{"deep":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`,
		`{"lone":"\ud800"}`,
		`{"\u0075uid":"escaped name"}`,
		`{"":{"uuid":["not","one"]}}`,
	}
	k.append("s", "", want...)
	k.reopen()
	k.same("entries", k.entries("s", "", 0), want)
	k.append("s", "", "\t{\"a\":\n[1,\r\n2]} \n")
	last := k.entries("s", "", int64(len(want)))
	if len(last) != 1 || strings.ContainsAny(last[0], "\r\n") || !json.Valid([]byte(last[0])) {
		k.Errorf("a line with line breaks: got %q, want one without", last)
	}
}

func longLines(k *kit) {
	k.create("s")
	var want []string
	for i, size := range []int{1 << 20, 10, 3<<20 + 7, 256<<10 - 1, 256 << 10, 0} {
		want = append(want, fmt.Sprintf(`{"uuid":"long-%d","text":"%s"}`, i, strings.Repeat("x", size)))
	}
	k.append("s", "", want...)
	k.append("s", "", line("after"))
	k.reopen()
	for i, got := range k.entries("s", "", 0) {
		if w := append(want, line("after"))[i]; got != w {
			k.Errorf("entry %d: got %d bytes, want the %d that were appended", i, len(got), len(w))
		}
	}
	k.same("the number of entries", len(k.entries("s", "", 0)), len(want)+1)
}

// boundedMemory measures the heap while a large transcript is read: it may grow
// by a fraction of it only.
func boundedMemory(k *kit) {
	bulk := k.b.Bulk
	if bulk == 0 {
		bulk = 4 << 20
	}
	k.create("s")
	entries := k.fill(bulk)
	before, most, n := heap(), uint64(0), 0
	for e, err := range k.Entries(k.ctx, "s", "", 0) {
		k.must(err)
		if n++; n%2000 == 0 {
			most = max(most, heap())
		}
		if len(e.Raw) < 1000 {
			k.Fatalf("entry %d: got %d bytes", e.Seq, len(e.Raw))
		}
	}
	if n != entries {
		k.Errorf("got %d entries, want %d", n, entries)
	}
	if allowed := before + uint64(max(bulk/4, 3<<20)); most > allowed {
		k.Errorf("reading %d MiB took the heap from %d to %d KiB", bulk>>20, before>>10, most>>10)
	}
}

// fill appends entries of 1 KiB up to a number of bytes.
func (k *kit) fill(bytes int) (entries int) {
	text := strings.Repeat("x", 1000)
	for entries*1024 < bytes {
		a := sessionstore.Append{SessionID: "s"}
		for range 1000 {
			a.Lines = append(a.Lines, fmt.Appendf(nil, `{"uuid":"%d","text":"%s"}`, entries, text))
			entries++
		}
		_, err := k.Append(k.ctx, a)
		k.must(err)
	}
	return entries
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
