package agent

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	scanA = "aaaaaaaa-1111-4222-8333-444455556666"
	scanB = "bbbbbbbb-1111-4222-8333-444455556666"
	scanC = "cccccccc-1111-4222-8333-444455556666"
)

func TestScanTranscripts(t *testing.T) {
	config := t.TempDir()
	if scan, err := ScanTranscripts(config); err != nil || len(scan.Found) != 0 {
		t.Errorf("without project folders: %+v, %v", scan, err)
	}
	at := func(rel, text string, age time.Duration) string {
		path := filepath.Join(config, "projects", filepath.FromSlash(rel))
		write(t, path, text)
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old := at("p/"+scanA+".jsonl", "1234", time.Hour)
	young := at("q/"+scanB+".jsonl", "12", time.Minute)
	at("r/"+scanB+".jsonl", "an older copy", 2*time.Hour)
	empty := at("p/"+scanC+".jsonl", "", 0)
	odd := at("p/odd-1.jsonl", "{}", 0)
	at("p/"+scanA+"/subagents/agent-2.jsonl", "{}", 0)
	at("p/notes.txt", "", 0)
	at("stray.jsonl", "{}", 0)
	want := map[string][]string{PassedEmpty: {empty}, PassedName: {odd}}
	if runtime.GOOS != "windows" {
		link := filepath.Join(config, "projects", "p", "dddddddd-1111-4222-8333-444455556666.jsonl")
		folder := filepath.Join(config, "projects", "z")
		for path, to := range map[string]string{link: young, folder: t.TempDir()} {
			if err := os.Symlink(to, path); err != nil {
				t.Fatal(err)
			}
		}
		want[PassedLink] = []string{link, folder}
	}
	scan, err := ScanTranscripts(config)
	if err != nil {
		t.Fatal(err)
	}
	if len(scan.Found) != 2 || scan.Found[0].Path != young || scan.Found[1].Path != old {
		t.Fatalf("found %+v", scan.Found)
	}
	if f := scan.Found[1]; f.SessionID != scanA || f.Size != 4 || time.Since(f.ModTime) < time.Hour || f.Subs == nil || f.Subs.Size != 2 || f.Subs.ModTime.IsZero() {
		t.Errorf("found %+v", f)
	}
	if !reflect.DeepEqual(scan.Passed, want) {
		t.Errorf("passed over %v, want %v", scan.Passed, want)
	}
}

func TestScanUnreadable(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("everything is readable to this user")
	}
	config := t.TempDir()
	folder := filepath.Join(config, "projects", "p")
	if err := os.MkdirAll(folder, 0o100); err != nil {
		t.Fatal(err)
	}
	scan, err := ScanTranscripts(config)
	if err != nil || len(scan.Passed[PassedUnreadable]) != 1 {
		t.Errorf("got %+v, %v", scan, err)
	}
}

func TestGlance(t *testing.T) {
	filler := strings.Repeat(attachment("x", "p")+"\n", 4000)
	begin := line("user", "p", "", `"cwd":"/w","message":{"role":"user","content":"hi"}`) + "\n" + `{"type":"ai-title","aiTitle":"old"}` + "\n"
	end := `{"type":"custom-title","customTitle":"c"}` + "\n" + answer("a", "p", "m1", "end_turn", "hello") + "\n" + `{"type":"last-prompt","lastPrompt":"ho"}` + "\n" +
		`{"type":"cost-state","totalCostUSD":0.5}` + "\n"
	path := filepath.Join(t.TempDir(), "t.jsonl")

	write(t, path, begin+filler+end+`{"type":"custom-title","customTitle":"torn"`)
	got, partial, err := Glance(path)
	if err != nil || !partial {
		t.Fatalf("partial is %v, %v", partial, err)
	}
	want := Summary{CustomTitle: "c", FirstPrompt: "hi", LastPrompt: "ho", LastAnswer: "hello", Cwd: "/w", Model: "m", Context: 11,
		Usage: Usage{CostUSD: 0.5}, First: "p", Last: "a"}
	if got = told(got); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	write(t, path, begin+end)
	got, partial, err = Glance(path)
	if whole := summed(strings.Split(begin+end, "\n")...); err != nil || partial || !reflect.DeepEqual(got, whole) {
		t.Errorf("a short one: got %+v, %v, %v\nwant %+v", got, partial, err, whole)
	}
	if _, _, err := Glance(path + "x"); err == nil {
		t.Error("a file that is not there was looked at")
	}
}

// A glance at a long transcript takes a summary only if it also sees the message
// that the summary is of, and judges no command by what does not follow it.
func TestGlanceTakesOnlyWhatItCanVerify(t *testing.T) {
	filler := strings.Repeat(attachment("x", "p")+"\n", 4000)
	begin := `{"type":"summary","summary":"of the middle","leafUuid":"m"}` + "\n" + prompt("p", "", "hi") + "\n"
	end := printed("o", "m", "x") + "\n" + answer("a", "o", "m1", "end_turn", "hello") + "\n"
	path := filepath.Join(t.TempDir(), "t.jsonl")
	write(t, path, begin+filler+prompt("m", "p", "ho")+"\n"+filler+end)
	got, partial, err := Glance(path)
	if err != nil || !partial || got.Title() != "" || got.LastAnswer != "hello" {
		t.Errorf("got %+v, %v, %v", told(got), partial, err)
	}

	write(t, path, begin+filler+prompt("m", "p", "ho")+"\n"+end)
	if got, _, err = Glance(path); err != nil || got.Title() != "of the middle" || got.LastPrompt != "ho" {
		t.Errorf("at the end: got %+v, %v", told(got), err)
	}

	short := strings.Repeat(attachment("x", "p")+"\n", 300)
	write(t, path, prompt("p", "", "hi")+"\n"+filler+answer("a", "p", "m1", "end_turn", "hello")+"\n"+short+prompt("q", "a", "ho")+"\n")
	if got, _, err = Glance(path); err != nil || got.LastAnswer != "hello" || got.LastPrompt != "ho" || got.Last != "q" {
		t.Errorf("an answer before the end: got %+v, %v", told(got), err)
	}

	write(t, path, command("c", "", "/loop")+"\n"+filler+end)
	if got, _, err = Glance(path); err != nil || got.FirstPrompt != "/loop" {
		t.Errorf("a command at the beginning: got %+v, %v", told(got), err)
	}
}

func TestCleanupPeriod(t *testing.T) {
	day := 24 * time.Hour
	for _, test := range []struct {
		settings string
		want     time.Duration
	}{
		{"", 30 * day}, {"{}", 30 * day}, {`{"cleanupPeriodDays":7}`, 7 * day}, {`{"cleanupPeriodDays":0}`, 0},
		{`{"cleanupPeriodDays":1e300}`, 36500 * day}, {`{"cleanupPeriodDays":-1}`, 30 * day}, {`{"cleanupPeriodDays":"x"}`, 30 * day}, {"no JSON", 30 * day},
	} {
		config := t.TempDir()
		if test.settings != "" {
			write(t, filepath.Join(config, "settings.json"), test.settings)
		}
		if got := CleanupPeriod(config); got != test.want {
			t.Errorf("with settings %q: got %v, want %v", test.settings, got, test.want)
		}
	}
}
