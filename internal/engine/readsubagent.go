package engine

import (
	"cmp"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// nameSubagents gives uses of tools that began a sub-agent its name. Results
// tell it; for one that has none here, as its sub-agent is still at work, files
// of Claude Code's do, which are looked at for such a use only.
func (p *pager) nameSubagents(messages []Message) {
	t := p.tape
	if len(t.subs)+len(p.begun) == 0 {
		return
	}
	told := map[string]string{}
	for _, m := range messages {
		for _, r := range m.Results {
			told[r.UseID] = r.Subagent
		}
	}
	var begun map[string]string
	for _, m := range messages {
		for i := range m.Uses {
			u := &m.Uses[i]
			sub := cmp.Or(told[u.ID], p.begun[u.ID])
			if sub == "" && agent.BeginsAgent(u.Name) && len(t.subs) > 0 {
				if begun == nil {
					begun = t.begun()
				}
				sub = begun[u.ID]
			}
			u.Subagent = sub
		}
	}
}

// begunBy finds the sub-agents of a session by the uses of tools that began
// them, as far as its files are there and tell.
func begunBy(s sessionstore.Session) map[string]string {
	begun := map[string]string{}
	files, _ := fileHeads(s) // an error: nothing is told
	for _, f := range files {
		if f.sub == "" {
			continue
		}
		if use := agent.BegunBy(f.path); use != "" {
			begun[use] = f.sub
		}
	}
	return begun
}
