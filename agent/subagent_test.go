package agent

import (
	"path/filepath"
	"testing"
)

func TestSubOf(t *testing.T) {
	subs := []string{"beside/agent-ab", "beside/agent-ef", "subagents/agent-xab", "subagents/agent-ab", "subagents/workflows/wf-1/agent-cd"}
	for id, want := range map[string]string{"ab": subs[3], "cd": subs[4], "ef": subs[1], "b": "", "": ""} {
		if got := SubOf(id, subs); got != want {
			t.Errorf("sub-agent %q has %q, want %q", id, got, want)
		}
	}
}

func TestIsOwnAgent(t *testing.T) {
	for sub, want := range map[string]bool{
		"subagents/agent-acompact-1f2e": true, "beside/agent-aprompt_suggestion-9c": true, "subagents/agent-acompact": true, "subagents/wf/agent-acompact0": true,
		"subagents/agent-acompactor-1": false, "subagents/agent-ac0ffee": false, "subagents/acompact-1": false, "": false, "agent-acompact-1/agent-7": false,
	} {
		if got := IsOwnAgent(sub); got != want {
			t.Errorf("%q is Claude Code's own: %v, want %v", sub, got, want)
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
