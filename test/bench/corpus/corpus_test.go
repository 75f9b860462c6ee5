package corpus

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
)

// seedText is a transcript as Claude Code writes it, much shortened.
const seedText = `{"type":"queue-operation","operation":"enqueue","timestamp":"2026-01-02T03:04:05.000Z","sessionId":"11111111-1111-4111-8111-111111111111","content":"please look"}
{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":"please look\n!at \"this\""},"uuid":"22222222-2222-4222-8222-222222222222","timestamp":"2026-01-02T03:04:06.000Z","cwd":"/made/there","sessionId":"11111111-1111-4111-8111-111111111111"}
{"type":"api-request-blob","message":{"role":"user","content":"please look"},"sessionId":"11111111-1111-4111-8111-111111111111"}
{"parentUuid":"22222222-2222-4222-8222-222222222222","isSidechain":false,"message":{"content":[{"type":"text","text":"looked, done"}],"id":"msg_ABCDEFGHIJKLMNOPQRSTUVWXYZ","model":"m","role":"assistant","type":"message","usage":{"input_tokens":10,"output_tokens":3}},"type":"assistant","uuid":"33333333-3333-4333-8333-333333333333","timestamp":"2026-01-02T03:04:09.000Z","cwd":"/made/there","sessionId":"11111111-1111-4111-8111-111111111111"}
`

func seedsHere(t *testing.T) []*Seed {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"11111111-1111-4111-8111-111111111111.jsonl": seedText,
		"44444444-4444-4444-8444-444444444444.jsonl": `{"type":"queue-operation","timestamp":"2026-01-02T03:04:05.000Z"}` + "\n",
		"notes.txt": "none",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seeds, err := ReadSeeds(dir)
	if err != nil || len(seeds) != 1 {
		t.Fatalf("%d seeds, %v; want the one in which something is said", len(seeds), err)
	}
	return seeds
}

func TestCopiesAreTranscripts(t *testing.T) {
	checkCopies(t, seedsHere(t), 20)
}

// TestSeedsOfClaude makes copies of what Claude Code itself has written.
func TestSeedsOfClaude(t *testing.T) {
	claude := os.Getenv("CLAUDE_SESSIONS_TEST_CLAUDE")
	if claude == "" {
		t.Skip("Claude Code is not there: make test gets it and names it with CLAUDE_SESSIONS_TEST_CLAUDE")
	}
	dir := t.TempDir()
	if err := WriteSeeds(context.Background(), claude, dir); err != nil {
		t.Fatal(err)
	}
	seeds, err := ReadSeeds(dir)
	if err != nil || len(seeds) != len(seedTurns) {
		t.Fatalf("%d seeds, %v; want %d", len(seeds), err, len(seedTurns))
	}
	made := checkCopies(t, seeds, 12)
	if mean := made.Bytes / 12; mean < 160_000 || mean > 230_000 {
		t.Errorf("%d bytes in the mean, want about 190,000", mean)
	}
}

// checkCopies makes n copies and reads them as the server does.
func checkCopies(t *testing.T, seeds []*Seed, n int) Made {
	t.Helper()
	dir, until := t.TempDir(), time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	made, err := Multiply(dir, seeds, Options{Copies: n, Folders: 5, Until: until, Span: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	scan, err := agent.ScanTranscripts(dir)
	if err != nil || len(scan.Found) != n || len(scan.Passed) > 0 {
		t.Fatalf("found %d of %d, passed over %v, %v", len(scan.Found), n, scan.Passed, err)
	}
	if !scan.Found[0].ModTime.Equal(until) || scan.Found[0].SessionID != made.Sessions[0] {
		t.Errorf("the newest is %+v, want %s of %v", scan.Found[0], made.Sessions[0], until)
	}
	uuids, prompts := map[string]bool{}, map[string]bool{}
	for _, f := range scan.Found {
		sum := checkCopy(t, f, uuids)
		if prompts[sum.FirstPrompt] {
			t.Errorf("%s begins as another does: %s", f.Path, sum.FirstPrompt)
		}
		prompts[sum.FirstPrompt] = true
	}
	return made
}

func checkCopy(t *testing.T, f agent.FoundTranscript, uuids map[string]bool) agent.Summary {
	t.Helper()
	var all agent.Following
	here := map[string]bool{"": true}
	err := all.ReadOn(f.Path, func(line json.RawMessage) error {
		r, ok := agent.ParseReading(line)
		if !ok {
			return nil
		}
		if uuids[r.UUID] {
			t.Errorf("%s has an entry of another copy: %s", f.Path, r.UUID)
		}
		if !here[r.Parent] {
			t.Errorf("%s: the entry before %s is not there: %s", f.Path, r.UUID, r.Parent)
		}
		uuids[r.UUID], here[r.UUID] = true, true
		return nil
	})
	if err != nil || len(all.PassedOver) > 0 {
		t.Errorf("%s: passed over %v, %v", f.Path, all.PassedOver, err)
	}
	s := all.Summary
	if s.FirstPrompt == "" || s.LastAnswer == "" || s.Turns == 0 || agent.ProjectFolder(s.Cwd) != filepath.Base(filepath.Dir(f.Path)) {
		t.Errorf("%s is read as %+v", f.Path, s)
	}
	return s
}

func TestTheSameNumberMakesTheSame(t *testing.T) {
	seeds, until := seedsHere(t), time.Now().Add(-time.Hour)
	texts := func(seed uint64) (all []string) {
		dir := t.TempDir()
		made, err := Multiply(dir, seeds, Options{Copies: 6, Seed: seed, Until: until})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range made.Sessions {
			path, err := agent.FindTranscript(dir, "", id)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(text))
		}
		return all
	}
	one, again, other := texts(1), texts(1), texts(2)
	if !slices.Equal(one, again) {
		t.Error("the same number made other transcripts")
	}
	if slices.Equal(one, other) {
		t.Error("another number made the same transcripts")
	}
	if !strings.Contains(one[0], `{"type":"api-request-blob","message":{"role":"user","content":"please look"}`) {
		t.Error("what is no conversation was changed")
	}
}
