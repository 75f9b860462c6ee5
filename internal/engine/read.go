package engine

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// The size of a page of a transcript.
const (
	DefaultReadTokens = 8_000
	MaxReadTokens     = 1_000_000
	MaxReadLimit      = 10_000 // messages
	minReadTokens     = 500

	bytesPerToken = 3 // or more: so that an estimate is never too low
	maxSubagents  = 50
)

// Read returns a page of a session's conversation. Only the whole transcript
// shows what belongs together, so the first page reads all of it. What links the
// messages of a long one is kept for a while: further pages read what they show,
// and what was added since.
func (c *Client) Read(ctx context.Context, call Call, req ReadRequest) (Transcript, error) {
	if err := checkRead(&req); err != nil {
		return Transcript{}, err
	}
	s, err := c.findListed(ctx, call, req.Session)
	if err != nil {
		return Transcript{}, err
	}
	at, err := readCursor(req, s.ID)
	if err != nil {
		return Transcript{}, err
	}
	whole := true
	if req.Cursor == "" {
		stop := c.tellImport(call)
		whole = c.catchUp(ctx, s)
		stop()
	}
	t, err := c.tape(ctx, s, at.Subagent)
	if err != nil {
		return Transcript{}, c.fail("reading a transcript", err)
	}
	p := pager{engine: c.Engine, req: req, tape: t, at: at, replies: map[string]bool{}, goesOn: map[string]bool{}, begun: map[string]string{}}
	out, err := p.page(ctx)
	if err != nil {
		return Transcript{}, c.fail("reading a transcript", err)
	}
	out.Session, out.Title = s.ID, oneline.Cut(s.Title(), maxName)
	if t.owner != s.ID {
		out.Inherited = t.owner
	}
	p.cursors(s.ID, &out)
	if out.Next = p.next(out); !whole {
		out.Next = strings.TrimSpace(unread + " " + out.Next)
	}
	return out, nil
}

// catchUpWait is how long a reader waits for what a transcript says newly.
const catchUpWait = 5 * time.Second

// unread is told with a page when that was not long enough.
const unread = "The session has more than this: its file is still being read. Call again in a moment for the newest messages."

// catchUp makes sure that what stands in a transcript now is read, and tells
// whether it is: somebody may have the session open in a terminal.
func (c *Client) catchUp(ctx context.Context, s sessionstore.Session) bool {
	ctx, cancel := context.WithTimeout(ctx, catchUpWait)
	defer cancel()
	return c.upToDate(ctx, s)
}

// checkRead refuses what cannot be meant, and fills in what was left out.
func checkRead(req *ReadRequest) error {
	for _, r := range req.Roles {
		if err := oneOf("roles", r, agent.SpeakerUser, agent.SpeakerAssistant, agent.SpeakerTool, agent.SpeakerSystem); err != nil {
			return err
		}
	}
	req.From = cmp.Or(req.From, "end")
	req.Limit = cmp.Or(req.Limit, DefaultLimit)
	req.IncludeTools = cmp.Or(req.IncludeTools, ToolsSummary)
	req.Format = cmp.Or(req.Format, FormatMarkdown)
	req.MaxTokens = cmp.Or(req.MaxTokens, DefaultReadTokens)
	switch {
	case req.Limit < 1 || req.Limit > MaxReadLimit:
		return Errorf(InvalidArgument, "Leave it out for 20.", "limit must be from 1 to %d.", MaxReadLimit)
	case req.MaxTokens < minReadTokens || req.MaxTokens > MaxReadTokens:
		return Errorf(InvalidArgument, "Leave it out for 8000.", "max_tokens must be from %d to %d.", minReadTokens, MaxReadTokens)
	}
	if err := oneOf("include_tools", req.IncludeTools, ToolsNone, ToolsSummary, ToolsFull); err != nil {
		return err
	}
	return oneOf("format", req.Format, FormatMarkdown, FormatJSON)
}

// shows tells whether a page of this request shows an entry.
func (req *ReadRequest) shows(l link) bool {
	if len(req.Roles) > 0 && !slices.Contains(req.Roles, l.speaker) || l.speaker == "" {
		return false
	}
	return l.says&saysText != 0 || req.IncludeThinking && l.says&saysThinking != 0 ||
		req.IncludeTools != ToolsNone && l.says&saysTools != 0
}

// A spot is where a page begins or ends. As a cursor it is opaque to callers.
type spot struct {
	Session  string `json:"s,omitempty"`
	Subagent string `json:"a,omitempty"`
	Older    bool   `json:"o,omitempty"` // the page is before the message, and ends there; else it begins after it
	Message  string `json:"m,omitempty"`
	Itself   bool   `json:"-"` // the message is on the page, too
}

// readCursor is where the page of a request is: as its cursor says, or from.
func readCursor(req ReadRequest, id string) (spot, error) {
	switch {
	case req.Cursor != "":
		var at spot
		raw, err := base64.RawURLEncoding.DecodeString(req.Cursor)
		if err != nil || json.Unmarshal(raw, &at) != nil || at.Session != id || at.Message == "" || req.Subagent != "" && at.Subagent == "" {
			return spot{}, storeError(sessionstore.ErrBadCursor)
		}
		return at, nil
	case req.From == "end":
		return spot{Subagent: req.Subagent, Older: true}, nil
	case req.From == "start":
		return spot{Subagent: req.Subagent}, nil
	}
	return spot{Subagent: req.Subagent, Message: req.From, Itself: true}, nil
}

func (at spot) cursor() string {
	raw, _ := json.Marshal(at) // plain data
	return base64.RawURLEncoding.EncodeToString(raw)
}
