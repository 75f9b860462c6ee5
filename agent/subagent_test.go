package agent

import (
	"path/filepath"
	"testing"
)

func TestSubOf(t *testing.T) {
	subs := []string{"subagents/agent-xab", "subagents/agent-ab", "subagents/workflows/wf-1/agent-cd"}
	for id, want := range map[string]string{"ab": subs[1], "cd": subs[2], "b": "", "": ""} {
		if got := SubOf(id, subs); got != want {
			t.Errorf("sub-agent %q has %q, want %q", id, got, want)
		}
	}
}

func TestBegunBy(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct{ meta, want string }{
		"one":    {`{"agentType":"Explore","toolUseId":"toolu_1","spawnDepth":1}`, "toolu_1"},
		"older":  {`{"agentType":"Explore"}`, ""},
		"torn":   {`{"toolUseId":"toolu_1"`, ""},
		"number": {`{"toolUseId":7}`, ""},
	} {
		write(t, filepath.Join(folder, "agent-"+name+".meta.json"), test.meta)
		if got := BegunBy(filepath.Join(folder, "agent-"+name+".jsonl")); got != test.want {
			t.Errorf("%s was begun by %q, want %q", name, got, test.want)
		}
	}
	if got := BegunBy(filepath.Join(folder, "agent-none.jsonl")); got != "" {
		t.Errorf("without a file it was begun by %q", got)
	}
}
