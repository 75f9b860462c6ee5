package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// besideLine is a line of a sub-agent of a session, as Claude Code 2.0.28 wrote it.
func besideLine(session, uuid string) string {
	return fmt.Sprintf(`{"parentUuid":null,"isSidechain":true,"userType":"external","cwd":"/w","sessionId":%q,"version":"2.0.28","agentId":"x","type":"user","uuid":%q}`+"\n", session, uuid)
}

// subsOf are the Subs of a session's files.
func subsOf(t *testing.T, path string) (subs []string) {
	t.Helper()
	files, err := TranscriptFiles(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[1:] {
		subs = append(subs, f.Sub)
	}
	return subs
}

func wantSubs(t *testing.T, what, path string, want ...string) {
	t.Helper()
	if got := subsOf(t, path); !slices.Equal(got, want) {
		t.Errorf("%s: sub-agents are %q, want %q", what, got, want)
	}
}

// Transcripts of sub-agents beside those of two sessions are found for each, and
// as what they are now.
func TestSubAgentsBeside(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	a, b := in(scanA+".jsonl"), in(scanB+".jsonl")
	write(t, in("agent-1.jsonl"), besideLine(scanA, "1"))
	write(t, in("agent-2.jsonl"), besideLine(scanB, "2")+besideLine(scanA, "the first line counts"))
	write(t, in("agent-3.jsonl"), "no JSON\n{}\n"+besideLine(scanA, "3"))
	write(t, in("agent-torn.jsonl"), besideLine(scanA, "4")[:150])
	write(t, in("agent-.jsonl"), besideLine(scanA, "5"))
	write(t, in("agent-a b.jsonl"), besideLine(scanA, "6"))
	write(t, filepath.Join(folder, scanA, "subagents", "agent-9.jsonl"), "{}\n")
	write(t, filepath.Join(folder, scanA, "beside", "agent-1.jsonl"), "{}\n")
	wantSubs(t, "A", a, "subagents/agent-9", "beside/agent-1", "beside/agent-3")
	wantSubs(t, "B", b, "beside/agent-2")
	wantSubs(t, "another", in(scanC+".jsonl"))
	wantSubs(t, "no folder", filepath.Join(folder, "none", scanA+".jsonl"))

	write(t, in("agent-1.jsonl"), besideLine(scanB, "rewritten"))
	write(t, in("agent-4.jsonl"), besideLine(scanB, "new"))
	if err := os.Remove(in("agent-3.jsonl")); err != nil {
		t.Fatal(err)
	}
	wantSubs(t, "A after changes", a, "subagents/agent-9")
	wantSubs(t, "B after changes", b, "beside/agent-1", "beside/agent-2", "beside/agent-4")
	write(t, in("agent-torn.jsonl"), besideLine(scanA, "whole"))
	ScanFolder(folder)
	wantSubs(t, "A after a scan", a, "subagents/agent-9", "beside/agent-torn")
}

// The Sub of a file beside a session leads back to where it was.
func TestPathBeside(t *testing.T) {
	config := t.TempDir()
	folder := filepath.Dir(TranscriptPath(config, "/w", scanA, ""))
	for sub, want := range map[string]string{
		"beside/agent-ab12": filepath.Join(folder, "agent-ab12.jsonl"),
		"beside/agent-a/x":  filepath.Join(folder, scanA, "beside", "agent-a", "x.jsonl"),
		"beside/notes":      filepath.Join(folder, scanA, "beside", "notes.jsonl"),
	} {
		if got := TranscriptPath(config, "/w", scanA, sub); got != want {
			t.Errorf("%s is at %s, want %s", sub, got, want)
		}
	}
}

// What is no transcript of a sub-agent is never opened.
func TestHostileFilesBeside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, scanA+".jsonl")
	write(t, path, "{}\n")
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, besideLine(scanA, "1"))
	if err := os.Symlink(secret, filepath.Join(folder, "agent-link.jsonl")); err != nil {
		t.Fatal(err)
	}
	makePipe(t, filepath.Join(folder, "agent-pipe.jsonl")) // to open it would wait for ever
	if err := os.Mkdir(filepath.Join(folder, "agent-folder.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "agent-long.jsonl"), `{"sessionId":"`+strings.Repeat("x", sessionBytes)+"\"}\n")
	write(t, filepath.Join(folder, "agent-"+strings.Repeat("x", 129)+".jsonl"), besideLine(scanA, "1"))
	write(t, filepath.Join(folder, "agent-odd.jsonl"), `{"sessionId":"../../etc/passwd"}`+"\n")
	wantSubs(t, "links, pipes and folders", path)
	scan := ScanFolder(folder)
	if n := len(scan.Passed[PassedLink]); n != 1 {
		t.Errorf("%d links are told", n)
	}
	if n := len(scan.Passed[PassedNoSession]); n != 2 {
		t.Errorf("%q name no session", scan.Passed[PassedNoSession])
	}
	if n := len(scan.Passed[PassedName]); n != 1 {
		t.Errorf("%q have another name", scan.Passed[PassedName])
	}
}

// A scan tells which transcripts of sub-agents have no session, and looks at
// those of all others, however old.
func TestScanBeside(t *testing.T) {
	folder := t.TempDir()
	in := func(name, text string) string {
		path := filepath.Join(folder, name)
		write(t, path, text)
		old := time.Now().Add(-48 * time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		return path
	}
	in(scanA+".jsonl", "{}\n")
	in(scanB+".jsonl", "{}\n")
	in("agent-1.jsonl", besideLine(scanA, "1"))
	orphan := in("agent-2.jsonl", besideLine(scanC, "2"))
	empty := in("agent-3.jsonl", "")
	for range 2 {
		scan := ScanFolder(folder)
		if len(scan.Found) != 2 || len(scan.Passed) != 2 || !slices.Equal(scan.Passed[PassedOrphan], []string{orphan}) || !slices.Equal(scan.Passed[PassedEmpty], []string{empty}) {
			t.Errorf("found %d, passed over %v", len(scan.Found), scan.Passed)
		}
		for _, f := range scan.Found {
			if has := f.Subs != nil && f.Subs.Size > 0; has != (f.SessionID == scanA) {
				t.Errorf("%s has %+v", f.SessionID, f.Subs)
			}
		}
	}
	in(scanC+".jsonl", "{}\n")
	if scan := ScanFolder(folder); len(scan.Passed[PassedOrphan]) != 0 {
		t.Errorf("with its session: %v", scan.Passed)
	}
}

// A session goes with its sub-agents beside it, and with no other's.
func TestDeleteBeside(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	write(t, in(scanA+".jsonl"), "{}\n")
	write(t, in("agent-1.jsonl"), besideLine(scanA, "1"))
	write(t, in("agent-2.jsonl"), besideLine(scanB, "2"))
	if err := DeleteTranscript(in(scanA + ".jsonl")); err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{scanA + ".jsonl": false, "agent-1.jsonl": false, "agent-2.jsonl": true} {
		if _, err := os.Stat(in(name)); errors.Is(err, fs.ErrNotExist) == there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The files of many sub-agents are opened once, not once for each session.
func TestManyBeside(t *testing.T) {
	folder := t.TempDir()
	const n = 500
	for i := range n {
		write(t, filepath.Join(folder, fmt.Sprintf("agent-%d.jsonl", i)), besideLine(scanA, "x"))
	}
	wantN := func(id string, want int) {
		t.Helper()
		if got := len(subsOf(t, filepath.Join(folder, id+".jsonl"))); got != want {
			t.Errorf("%s has %d sub-agents, want %d", id, got, want)
		}
	}
	wantN(scanA, n)
	before := besides.folders[folder].files["agent-7.jsonl"]
	if before.session != scanA {
		t.Fatalf("remembered %+v", before)
	}
	// What is remembered is trusted as long as size and time are the same.
	besides.folders[folder].files["agent-7.jsonl"] = besideFile{size: before.size, modTime: before.modTime, session: scanA, skipped: "marked"}
	wantN(scanA, n)
	wantN(scanB, 0)
	if f := besides.folders[folder].files["agent-7.jsonl"]; f.skipped != "marked" {
		t.Errorf("it was read again: %+v", f)
	}
}

// What is remembered is bounded.
func TestBesideCacheForgets(t *testing.T) {
	c := besideCache{folders: map[string]*besideList{}}
	for i := range 5 {
		l := c.list(fmt.Sprint(i))
		l.files = make(map[string]besideFile)
		for n := range maxBeside / 3 {
			l.files[fmt.Sprint(n)] = besideFile{}
		}
		c.weigh(l)
		l.mu.Unlock()
	}
	if len(c.folders) != 2 || c.folders["4"] == nil || c.total > maxBeside {
		t.Errorf("%d folders, %d in all", len(c.folders), c.total)
	}
}
