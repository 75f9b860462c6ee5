package agent

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// A decoder turns lines of Claude Code's output into events. It is for one
// reader of one run.
type decoder struct {
	costTotal   float64 // running total at the last result
	interrupted bool    // this turn has said so
	garbage     int     // lines that were no JSON object of the protocol
}

// A frame is any line of the stream: the fields that some type of it has.
type frame struct {
	Type    string `json:"type"`
	Subtype string `json:"subtype"`

	// system/init and system/api_retry
	SessionID      string  `json:"session_id"`
	Cwd            string  `json:"cwd"`
	Model          string  `json:"model"`
	PermissionMode string  `json:"permissionMode"`
	Version        string  `json:"claude_code_version"`
	Attempt        int     `json:"attempt"`
	MaxRetries     int     `json:"max_retries"`
	RetryDelayMS   float64 `json:"retry_delay_ms"`
	ErrorStatus    int     `json:"error_status"`

	// rate_limit_event
	RateLimit json.RawMessage `json:"rate_limit_info"`

	// assistant, user
	UUID    string          `json:"uuid"`
	Parent  string          `json:"parent_tool_use_id"`
	Message json.RawMessage `json:"message"`

	// command_lifecycle
	Command string `json:"command_uuid"`
	State   string `json:"state"`

	// control_request, control_cancel_request, control_response
	RequestID string          `json:"request_id"`
	Request   json.RawMessage `json:"request"`
	Response  json.RawMessage `json:"response"`

	// transcript_mirror
	FilePath string            `json:"filePath"`
	Entries  []json.RawMessage `json:"entries"`
}

// reply is Claude Code's answer to a control request of ours. It is an event
// only on its way to the run.
type reply struct {
	id, err string
	raw     json.RawMessage // what was answered; nil for an error
}

// unknownRequest is a control request that this package cannot serve; left
// without an answer, Claude Code would wait for ever.
type unknownRequest struct{ id, subtype string }

func (reply) event()          {}
func (unknownRequest) event() {}

// decode returns the events of a line, in order; often there are none.
func (d *decoder) decode(line []byte) []Event {
	if bytes.HasPrefix(line, streamEventHead) {
		return streamEvent(line) // most lines
	}
	var f frame
	// A field of an unexpected shape leaves the others usable.
	if err := json.Unmarshal(line, &f); err != nil && f.Type == "" {
		d.garbage++
		return nil
	}
	switch f.Type {
	case "system":
		return f.system(line)
	case "assistant":
		return f.assistant()
	case "user":
		return d.user(&f)
	case "stream_event":
		return streamEvent(line)
	case "command_lifecycle":
		if f.State == "started" {
			return []Event{Started{Prompt: f.Command}}
		}
	case "control_request":
		return f.request()
	case "control_cancel_request":
		return []Event{Cancelled{ID: f.RequestID}}
	case "control_response":
		return f.reply()
	case "transcript_mirror":
		id, sub := sessionOf(f.FilePath)
		return []Event{Mirror{Path: f.FilePath, SessionID: id, Sub: sub, Lines: f.Entries}}
	case "rate_limit_event":
		return f.rateLimit()
	case "result":
		return []Event{d.result(line)}
	}
	return nil
}

func (f *frame) system(line []byte) []Event {
	switch f.Subtype {
	case "init":
		begin := Init{SessionID: f.SessionID, Cwd: f.Cwd, Model: f.Model, PermissionMode: f.PermissionMode, Version: f.Version}
		return []Event{begin, Activity{Text: thinking}}
	case "api_retry":
		var why struct {
			Error string `json:"error"`
		}
		_ = json.Unmarshal(line, &why) // of another shape: no kind
		return []Event{Retry{
			Attempt: f.Attempt,
			Max:     f.MaxRetries,
			Delay:   time.Duration(f.RetryDelayMS * float64(time.Millisecond)),
			Status:  f.ErrorStatus,
			Kind:    why.Error,
		}}
	}
	return nil
}

// message is a message of the Messages API, in the stream and in transcripts.
type message struct {
	ID         string          `json:"id"`
	Role       string          `json:"role"`
	Model      string          `json:"model"`
	StopReason string          `json:"stop_reason"`
	Content    json.RawMessage `json:"content"`
}

// synthetic is the model of messages that Claude Code made up itself: API
// errors, and "No response requested." after a turn that was cut off.
const synthetic = "<synthetic>"

// block is one part of a message's content.
type block struct {
	Type  string          `json:"type"`
	Text  string          `json:"text"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
	ID    string          `json:"id"`          // of the use of a tool
	UseID string          `json:"tool_use_id"` // of a tool's result
	// Thinks tells that there are words in a thought, which are not kept.
	Thinks bool `json:"-"`
}

// blocks returns the content's parts; a plain string is one part of text.
func (m *message) blocks() []block {
	content := jsonscan.Parse(m.Content)
	if text := content.String(); text != "" {
		return []block{{Type: "text", Text: text}}
	}
	var parts []block
	content.Elements(func(v jsonscan.Value) bool {
		var b block
		v.Fields(b.field)
		parts = append(parts, b) // of another shape: it has no type
		return true
	})
	return parts
}

func (b *block) field(name string, v jsonscan.Value) bool {
	switch name {
	case "type":
		b.Type = v.String()
	case "text":
		b.Text = v.String()
	case "name":
		b.Name = v.String()
	case "input":
		b.Input = v.Raw()
	case "thinking":
		b.Thinks = strings.TrimSpace(v.String()) != ""
	case "id":
		b.ID = v.String()
	case "tool_use_id":
		b.UseID = v.String()
	}
	return true
}

func (f *frame) assistant() []Event {
	var m message
	if json.Unmarshal(f.Message, &m) != nil || m.Model == synthetic {
		return nil
	}
	var events []Event
	for _, b := range m.blocks() {
		switch b.Type {
		case "text":
			events = append(events, Activity{Text: writing})
			if f.Parent == "" {
				events = append(events, Said{Text: b.Text, UUID: f.UUID, Message: m.ID})
			}
		case "thinking", "redacted_thinking":
			events = append(events, Activity{Text: thinking})
		case "tool_use", "server_tool_use":
			events = append(events, Activity{Text: Describe(b.Name, b.Input)})
		}
	}
	return events
}

// user is a tool's result, mostly, after which the model is asked again.
func (d *decoder) user(f *frame) []Event {
	var m message
	if json.Unmarshal(f.Message, &m) != nil {
		return nil
	}
	for _, b := range m.blocks() {
		if b.Type == "tool_result" {
			return []Event{Activity{Text: thinking}}
		}
		if b.Type == "text" && strings.HasPrefix(b.Text, interruptedText) {
			d.interrupted = true
		}
	}
	return nil
}

// interruptedText begins the message that stands for an interrupt, in the
// stream and in transcripts.
const interruptedText = "[Request interrupted by user"

func (f *frame) request() []Event {
	var r struct {
		Subtype     string          `json:"subtype"`
		Tool        string          `json:"tool_name"`
		Input       json.RawMessage `json:"input"`
		Suggestions json.RawMessage `json:"permission_suggestions"`
	}
	if err := json.Unmarshal(f.Request, &r); err != nil || r.Subtype != "can_use_tool" {
		return []Event{unknownRequest{id: f.RequestID, subtype: r.Subtype}}
	}
	ask := Permission{
		ID:          f.RequestID,
		Tool:        r.Tool,
		Input:       r.Input,
		Summary:     Describe(r.Tool, r.Input),
		Suggestions: r.Suggestions,
		Question:    r.Tool == "AskUserQuestion",
	}
	wait := "waiting for permission: "
	if ask.Question {
		wait = "waiting for an answer: "
	}
	return []Event{Activity{Text: clip(wait+r.Tool, activityWidth)}, ask}
}

func (f *frame) reply() []Event {
	var r struct {
		Subtype   string `json:"subtype"`
		RequestID string `json:"request_id"`
		Error     string `json:"error"`

		Response json.RawMessage `json:"response"`
	}
	if json.Unmarshal(f.Response, &r) != nil {
		return nil
	}
	if r.Subtype == "error" && r.Error == "" {
		r.Error = "refused"
	}
	return []Event{reply{id: r.RequestID, err: r.Error, raw: r.Response}}
}

// sessionOf takes a transcript's path apart: the id of its session, "" if there
// is none, and what stands below the session's folder, without the suffix; ""
// for the session's own transcript.
func sessionOf(path string) (id, sub string) {
	path = strings.TrimSuffix(filepath.ToSlash(path), transcriptSuffix)
	for rest := path; ; {
		i := strings.LastIndexByte(rest, '/')
		if isUUID(rest[i+1:]) {
			return rest[i+1:], strings.TrimPrefix(path[len(rest):], "/")
		}
		if i < 0 {
			return "", ""
		}
		rest = rest[:i]
	}
}
