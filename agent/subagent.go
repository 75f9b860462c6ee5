package agent

import (
	"os"
	"strings"
	"unicode"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// maxMeta bounds what is read of the file beside a sub-agent's transcript.
const maxMeta = 64 << 10

// BeginsAgent tells whether the use of a tool begins a sub-agent.
func BeginsAgent(tool string) bool { return tool == "Agent" || tool == "Task" }

// IsOwnAgent reports whether a transcript is of an agent that Claude Code runs
// for itself, to compact a conversation or to suggest a prompt: nobody's
// sub-agent. Sub is as in TranscriptFile.
func IsOwnAgent(sub string) bool {
	name := sub[strings.LastIndexByte(sub, '/')+1:]
	for _, own := range []string{"agent-acompact", "agent-aprompt_suggestion"} {
		rest, ok := strings.CutPrefix(name, own)
		if ok && (rest == "" || !unicode.IsLetter(rune(rest[0]))) {
			return true
		}
	}
	return false
}

// SubAgents are the transcripts of sub-agents among the files of a session.
func SubAgents(files []TranscriptFile) (subs []TranscriptFile) {
	for _, f := range files {
		if f.Sub != "" && !IsOwnAgent(f.Sub) {
			subs = append(subs, f)
		}
	}
	return subs
}

// SubOf finds the transcript of a sub-agent, given its id, among the Subs of a
// session's files; "" if it has none, and for no id. Of two, the one below the
// session's folder is newer.
func SubOf(id string, subs []string) (found string) {
	for _, sub := range subs {
		if id == "" || !strings.HasSuffix("/"+sub, "/"+agentPrefix+id) {
			continue
		}
		if found = sub; besideName(sub) == "" {
			break
		}
	}
	return found
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
