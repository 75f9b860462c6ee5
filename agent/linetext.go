package agent

import (
	"regexp"
	"strings"
)

// hookTag begins what a hook adds to a prompt.
const hookTag = "<user-prompt-submit-hook>"

// addition is the first tag of what an IDE, a hook or Claude Code adds to a
// prompt for the model.
var addition = regexp.MustCompile(`^<(ide_[a-z_]+|system-reminder|user-prompt-submit-hook|post-tool-use-hook)(?:\s[^>]*)?>`)

// lastAddition ends such an addition.
var lastAddition = regexp.MustCompile(`</(ide_[a-z_]+|system-reminder|user-prompt-submit-hook|post-tool-use-hook)>$`)

// reminder is what Claude Code adds to its own texts, anywhere.
var reminder = regexp.MustCompile(`(?s)<system-reminder>.*?</system-reminder>\n*`)

// withoutAdditions is a text as its author wrote it: without what was added at
// its beginning and its end. What stands within it is the author's.
func withoutAdditions(text string) string {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "<") {
		begin := addition.FindStringSubmatchIndex(text)
		if begin == nil {
			break
		}
		end := "</" + text[begin[2]:begin[3]] + ">"
		_, rest, closed := strings.Cut(text[begin[1]:], end)
		if !closed {
			break
		}
		text = strings.TrimSpace(rest)
	}
	for strings.HasSuffix(text, ">") {
		end := lastAddition.FindStringSubmatchIndex(text)
		if end == nil {
			break
		}
		begin := strings.LastIndex(text[:end[0]], "<"+text[end[2]:end[3]])
		if begin < 0 || begin > 0 && text[begin-1] != '\n' || !addition.MatchString(text[begin:]) {
			break
		}
		text = strings.TrimSpace(text[:begin])
	}
	return text
}

// authored is a block of a prompt as its author wrote it: unchanged, if nothing
// was added to it.
func authored(text string) string {
	if own := withoutAdditions(text); own != strings.TrimSpace(text) {
		return own
	}
	return text
}

// shown is what people read of a line that is written as the user's.
func (l classified) shown() string {
	switch l.kind {
	case commandLine, localCommandLine:
		return shownCommand(l.text)
	case localOutputLine:
		return streams(l.text, "local-command-stdout", "local-command-stderr")
	case bashInputLine:
		return shownBash(l.text)
	case bashOutputLine:
		return bashOutput(l.text)
	case memoryLine:
		return "# " + tagged(l.text, "user-memory-input")
	case taskLine:
		return taskNews(l.text)
	case peerLine:
		return inner(l.text)
	case compactSummaryLine:
		return strings.TrimSpace(reminder.ReplaceAllString(l.text, ""))
	case hookLine:
		return inner(l.text)
	case skillLine:
		return tagged(l.text, "command-message")
	}
	return l.text
}

// shownCommand is a slash command as it was typed, and its output if that
// stands in the same entry.
func shownCommand(text string) string {
	if strings.HasPrefix(text, "/") {
		return text
	}
	c := parseCommand(text)
	shown := strings.TrimSpace(c.name + " " + c.args)
	if !c.output {
		return shown
	}
	_, rest, _ := strings.Cut(text, "</command-name>")
	return strings.TrimSpace(shown + "\n\n" + streams(rest, "local-command-stdout", "local-command-stderr"))
}

// shownBash is a shell command as it was typed, and its output if that stands in
// the same entry.
func shownBash(text string) string {
	input, rest, _ := strings.Cut(text, "</bash-input>")
	shown := "! " + strings.TrimSpace(strings.TrimPrefix(input, "<bash-input>"))
	if out := bashOutput(strings.TrimSpace(rest)); out != "" {
		shown += "\n\n" + out
	}
	return shown
}

// bashOutput is what a shell command printed. Newer versions of Claude Code
// escape it.
func bashOutput(text string) string { return streams(text, "bash-stdout", "bash-stderr") }

// streams joins what stands between some tags; all of the text, if none of them
// is there.
func streams(text string, tags ...string) string {
	var texts []string
	found := false
	for _, tag := range tags {
		found = found || strings.Contains(text, "<"+tag+">")
		if out := unescape(tagged(text, tag)); out != "" {
			texts = append(texts, out)
		}
	}
	if !found {
		return text
	}
	return strings.Join(texts, "\n")
}

// tagged is what stands in text between a tag and its end; all that follows the
// tag, if the end was cut off.
func tagged(text, tag string) string {
	_, rest, _ := strings.Cut(text, "<"+tag+">")
	if end := strings.LastIndex(rest, "</"+tag+">"); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimSpace(rest)
}

// inner is a text without the tags around it.
func inner(text string) string {
	begin, end := strings.IndexByte(text, '>'), strings.LastIndex(text, "</")
	if begin < 0 || end <= begin {
		return text
	}
	return strings.TrimSpace(text[begin+1 : end])
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// unescape undoes the escaping of a text that was escaped as a whole. One with
// a bare < > or & was not.
func unescape(text string) string {
	if !strings.Contains(text, "&") || strings.ContainsAny(text, "<>") {
		return text
	}
	for rest := text; ; {
		i := strings.IndexByte(rest, '&')
		if i < 0 {
			return entities.Replace(text)
		}
		if rest = rest[i:]; !strings.HasPrefix(rest, "&lt;") && !strings.HasPrefix(rest, "&gt;") && !strings.HasPrefix(rest, "&amp;") {
			return text
		}
		rest = rest[1:]
	}
}

// taskNews is what a notification says to people; all of it, if that is not
// known.
func taskNews(text string) string {
	summary, result := tagged(text, "summary"), tagged(text, "result")
	switch {
	case summary == "":
		return text
	case result == "":
		return summary
	}
	return summary + "\n\n" + result
}
