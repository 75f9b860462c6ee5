package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHolders(t *testing.T) {
	config := t.TempDir()
	self := identified(os.Getpid())
	_, ticks, _ := strings.Cut(self.StartTime, ".")
	note := func(name string, pid int, id, start string) {
		write(t, filepath.Join(config, "sessions", name), fmt.Sprintf(
			`{"pid":%d,"sessionId":%q,"cwd":"/w","procStart":%q,"kind":"interactive","status":"busy"}`, pid, id, start))
	}
	if got := Holders(config, scanA); len(got) != 0 {
		t.Errorf("without notes: %+v", got)
	}
	note("1.json", self.PID, scanA, ticks)
	note("2.json", self.PID, scanB, ticks)
	note("3.json", 1<<30, scanA, "1")
	write(t, filepath.Join(config, "sessions", "4.json"), "no JSON")
	write(t, filepath.Join(config, "sessions", "5.key"), "{}")
	want := Holder{Process: self, SessionID: scanA, Kind: "interactive", Status: "busy", Cwd: "/w"}
	if got := Holders(config, scanA); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Holders(config, ""); len(got) != 2 || got[0] != want || got[1].SessionID != scanB {
		t.Errorf("of all sessions: %+v", got)
	}
	if ticks != "" {
		note("1.json", self.PID, scanA, "7")
		if got := Holders(config, scanA); len(got) != 0 {
			t.Errorf("an earlier process of the same pid: %+v", got)
		}
	}
}
