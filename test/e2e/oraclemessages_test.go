//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// sdkMessage is a message as the SDK tells of it.
type sdkMessage struct {
	Type    string `json:"type"`
	UUID    string `json:"uuid"`
	Message struct {
		Content sdkContent `json:"content"`
	} `json:"message"`
}

// sdkContent is a string, or blocks.
type sdkContent []struct {
	Type, Text, Thinking, Name, ID string
	UseID                          string          `json:"tool_use_id"`
	Content                        json.RawMessage // of a tool's result: a string, or blocks
}

func (c *sdkContent) UnmarshalJSON(raw []byte) error {
	type blocks sdkContent
	if raw[0] != '"' {
		return json.Unmarshal(raw, (*blocks)(c))
	}
	*c = make(sdkContent, 1)
	(*c)[0].Type = "text"
	return json.Unmarshal(raw, &(*c)[0].Text)
}

// spoken is a message, as far as it can be compared.
type spoken struct{ uuid, role, text, thinking, tools string }

func (m sdkMessage) spoken() spoken {
	var texts, thoughts, tools []string
	for _, b := range m.Message.Content {
		switch b.Type {
		case "text":
			texts = append(texts, b.Text)
		case "image":
			texts = append(texts, "[image]")
		case "thinking":
			thoughts = append(thoughts, b.Thinking)
		case "tool_use":
			tools = append(tools, "use "+b.ID+" "+b.Name)
		case "tool_result":
			var content sdkContent
			_ = json.Unmarshal(b.Content, &content) // of another shape: no text
			tools = append(tools, "result "+b.UseID+" "+sdkMessage{Message: struct {
				Content sdkContent `json:"content"`
			}{content}}.spoken().text)
		}
	}
	return spoken{m.UUID, m.Type, strings.Join(texts, "\n\n"), strings.Join(thoughts, "\n\n"), strings.Join(tools, "\n")}
}

func ourSpoken(m engine.Message) spoken {
	var tools []string
	for _, u := range m.Uses {
		tools = append(tools, "use "+u.ID+" "+u.Name)
	}
	for _, r := range m.Results {
		tools = append(tools, "result "+r.UseID+" "+r.Text)
	}
	return spoken{m.UUID, m.Role, m.Text, m.Thinking, strings.Join(tools, "\n")}
}

// messages compares the conversation of a session.
func (o *oracle) messages(id string) {
	o.t.Helper()
	var sdk []sdkMessage
	o.sdk.call(&sdk, "getSessionMessages", id)
	o.conversation(sdk, o.ours.messages(o.t, id, "").Messages)
}

// subagents compares the sub-agents of a session, and what they have said.
func (o *oracle) subagents(id string) {
	o.t.Helper()
	var agents []string
	o.sdk.call(&agents, "listSubagents", id)
	var ours []string
	for _, name := range o.ours.messages(o.t, id, "").Subagents {
		ours = append(ours, strings.TrimPrefix(path.Base(name), "agent-"))
	}
	slices.Sort(agents)
	slices.Sort(ours)
	o.same("subagents", fmt.Sprint(agents), fmt.Sprint(ours))
	for _, agent := range agents {
		var sdk []sdkMessage
		o.sdk.call(&sdk, "getSubagentMessages", id, agent)
		if len(sdk) == 0 {
			o.t.Errorf("%s: the sub-agent %s has said nothing", o.name, agent)
		}
		o.conversation(sdk, o.ours.messages(o.t, id, agent).Messages)
	}
}

// conversation compares messages, one by one if there are the same.
func (o *oracle) conversation(sdk []sdkMessage, ours []engine.Message) {
	o.t.Helper()
	var a, b []string
	for _, m := range sdk {
		a = append(a, m.UUID)
	}
	for _, m := range ours {
		b = append(b, m.UUID)
	}
	if len(a) != len(b) {
		o.same("messages", fmt.Sprint(a), fmt.Sprint(b))
		return
	}
	for i := range sdk {
		o.message(sdk[i].spoken(), ourSpoken(ours[i]))
	}
}

// tag is what texts that Claude Code writes begin with.
var tag = regexp.MustCompile(`^<[a-z-]+>`)

func (o *oracle) message(sdk, ours spoken) {
	o.t.Helper()
	field := "uuid of what is no prompt"
	if sdk.role == "user" && sdk.tools == "" {
		field = "uuid of a prompt"
	}
	o.same(field, sdk.uuid, ours.uuid)
	switch {
	case ours.role == "system": // Claude Code's own, whatever it is written as
	case sdk.tools != "" && sdk.role == "user":
		o.same("role", "tool", ours.role)
	default:
		o.same("role", sdk.role, ours.role)
	}
	field = "text"
	if begin := tag.FindString(sdk.text); begin != "" {
		field = "text of " + begin
	}
	o.same(field, sdk.text, ours.text)
	o.same("thinking", sdk.thinking, ours.thinking)
	o.same("tools", sdk.tools, ours.tools)
}

// messages reads all that a session, or a sub-agent of it, has said.
func (r *reader) messages(t *testing.T, id, subagent string) (all engine.Transcript) {
	t.Helper()
	args := map[string]any{"session": id, "from": "start", "limit": 5, "format": "json", "include_tools": "full", "include_thinking": true, "max_tokens": 50_000}
	if subagent != "" {
		args["subagent"] = subagent
	}
	for {
		var page engine.Transcript
		r.into(t, &page, "read_transcript", args)
		page.Messages = append(all.Messages, page.Messages...)
		all = page
		if page.NextCursor == "" {
			return all
		}
		args["cursor"] = page.NextCursor
	}
}
