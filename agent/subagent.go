package agent

import (
	"os"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// maxMeta bounds what is read of the file beside a sub-agent's transcript.
const maxMeta = 64 << 10

// BeginsAgent tells whether the use of a tool begins a sub-agent.
func BeginsAgent(tool string) bool { return tool == "Agent" || tool == "Task" }

// SubOf finds the transcript of a sub-agent, given its id, among the Subs of a
// session's files; "" if it has none, and for no id.
func SubOf(id string, subs []string) string {
	for _, sub := range subs {
		if id != "" && strings.HasSuffix("/"+sub, "/agent-"+id) {
			return sub
		}
	}
	return ""
}

// BegunBy returns the id of the use of a tool that began the sub-agent whose
// transcript is at path. Claude Code writes it beside the transcript when the
// sub-agent begins, and into the transcript of the session only with the
// result; "" if it is not there.
func BegunBy(path string) string {
	file := strings.TrimSuffix(path, transcriptSuffix) + ".meta.json"
	if info, err := os.Stat(file); err != nil || info.Size() > maxMeta {
		return ""
	}
	meta, err := os.ReadFile(file)
	if err != nil || !jsonscan.Valid(meta) {
		return ""
	}
	return jsonscan.String(meta, "toolUseId")
}
