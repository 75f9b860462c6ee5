package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// reply is an answer on its way to the runner whose process has asked.
type reply struct {
	id    string
	said  sessionstore.Reply
	grant grant  // what allow_always adds
	by    string // the client
	done  chan error
}

// Reply answers a request. The first answer counts, whichever client it comes
// from; later ones are told of it by a conflict.
func (c *Client) Reply(ctx context.Context, call Call, req ReplyRequest) (Replied, error) {
	s, err := c.find(ctx, "session", req.Session)
	if err != nil {
		return Replied{}, err
	}
	if err := c.checkAnswerer(s.ID); err != nil {
		return Replied{}, err
	}
	asked, err := c.asked(ctx, s, req.RequestID)
	if err != nil {
		return Replied{}, err
	}
	rep, err := c.decide(asked, req)
	if err != nil {
		return Replied{}, err
	}
	if !rep.grant.empty() {
		turn, err := c.store.Turn(ctx, asked.TurnID)
		if err != nil {
			return Replied{}, c.fail("reading a turn", err)
		}
		rep.grant.over = turn.Settings.PermissionMode
	}
	rep.by = call.Client
	if err := c.deliver(ctx, asked, rep); err != nil {
		return Replied{}, err
	}
	return c.replied(ctx, asked, rep)
}

// asked is the request that is meant.
func (c *Client) asked(ctx context.Context, s sessionstore.Session, id string) (sessionstore.Request, error) {
	all, err := c.store.Requests(ctx, s.ID, false)
	if err != nil {
		return sessionstore.Request{}, c.fail("reading requests", err)
	}
	if id == "" {
		return theOpen(all)
	}
	for _, r := range all {
		if r.ID == id {
			return r, checkOpen(r)
		}
	}
	return sessionstore.Request{}, Errorf(NotFound, "Call get_session to see what it waits for.", "the session has no request %s.", id)
}

// theOpen is the only request of a session that is open. When none is, the one
// that was asked last is meant.
func theOpen(all []sessionstore.Request) (last sessionstore.Request, err error) {
	var open []sessionstore.Request
	var ids []string
	for _, r := range all {
		if r.Status == sessionstore.RequestOpen {
			open, ids = append(open, r), append(ids, r.ID+" ("+or(r.Summary, r.Tool)+")")
		}
		if r.OpenedAt.After(last.OpenedAt) {
			last = r
		}
	}
	switch {
	case len(open) == 1:
		return open[0], nil
	case len(open) > 1:
		return last, Errorf(Ambiguous, "Give request_id.", "the session has %d open requests: %s.", len(open), strings.Join(ids, ", "))
	case len(all) > 0:
		return last, checkOpen(last)
	}
	return last, Errorf(NotFound, "Call get_session to see what the session does now.", "the session has asked nothing.")
}

// checkOpen tells who came late what was answered.
func checkOpen(r sessionstore.Request) error {
	if r.Status == sessionstore.RequestOpen {
		return nil
	}
	how := map[sessionstore.RequestStatus]string{
		sessionstore.RequestAllowed: "was allowed", sessionstore.RequestDenied: "was denied",
		sessionstore.RequestExpired: "was denied as nobody had answered in time", sessionstore.RequestDropped: "is no longer waited for",
	}[r.Status]
	if r.AnsweredBy != "" {
		how += " by " + r.AnsweredBy
	}
	return Errorf(Conflict, "Call get_session to see what the session does now.", "the request %s already (%s).", how, or(r.Summary, r.Tool))
}

// decide checks an answer and puts it into the words of the process.
func (c *Client) decide(asked sessionstore.Request, req ReplyRequest) (*reply, error) {
	rep := &reply{id: asked.ID, done: make(chan error, 1)}
	if len(req.Answers) > 0 {
		if req.Decision == Deny || !asked.Question {
			return nil, Errorf(InvalidArgument, "Leave one of them out.", "answers are for a question that is not denied.")
		}
		input, err := answered(asked, req.Answers)
		rep.said = sessionstore.Reply{Allow: true, Input: input}
		return rep, err
	}
	switch req.Decision {
	case Deny:
		if req.UpdatedInput != nil {
			return nil, Errorf(InvalidArgument, "Leave it out, or allow.", "updated_input goes with allow.")
		}
		rep.said.Message = or(strings.TrimSpace(req.Message), "The user does not want this. Do not try it again: go on without it, or end your turn and say what you need.")
		return rep, nil
	case AllowAlways:
		rep.grant = suggested(asked.Suggestions)
		if err := c.checkGrant(rep.grant); err != nil {
			return nil, err
		}
	case Allow:
	default:
		return nil, Errorf(InvalidArgument, "Give decision: allow, allow_always or deny; for a question, answers.", "decision is %q.", req.Decision)
	}
	if asked.Question && req.UpdatedInput == nil {
		return nil, Errorf(InvalidArgument, "Give answers: the text of each question and the label that is chosen.", "a question needs answers.")
	}
	rep.said.Allow = true
	if req.UpdatedInput != nil {
		input, err := updatedInput(asked, req.UpdatedInput)
		rep.said.Input = input
		return rep, err
	}
	return rep, nil
}

// updatedInput is what a tool gets instead of what it asked for. It takes the
// place of the whole: what lacks a field that was asked for is refused, as the
// tool might not run without it, or do something else.
func updatedInput(asked sessionstore.Request, input map[string]any) (json.RawMessage, error) {
	var before map[string]json.RawMessage
	if json.Unmarshal(asked.Input, &before) == nil {
		for _, field := range slices.Sorted(maps.Keys(before)) {
			if _, ok := input[field]; !ok {
				return nil, Errorf(InvalidArgument, "Give the whole input, with what is to stay as it is.", "updated_input has no %q, which %s was asked with.", field, asked.Tool)
			}
		}
	}
	return json.Marshal(input) // it came as JSON
}

// answered is the input of a question with its answers (2.1.330: "answers",
// question to label; several labels in one string).
func answered(asked sessionstore.Request, answers map[string]any) (json.RawMessage, error) {
	var input map[string]any
	if json.Unmarshal(asked.Input, &input) != nil {
		return nil, Errorf(InvalidArgument, "Answer it with updated_input.", "the question has a form that is not known.")
	}
	list := questions(asked)
	said := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		i := slices.IndexFunc(list, func(q Question) bool { return q.Question == key || q.Header == key && key != "" })
		if i < 0 {
			var texts []string
			for _, q := range list {
				texts = append(texts, fmt.Sprintf("%q", q.Question))
			}
			return nil, Errorf(InvalidArgument, "Name each by its text: "+strings.Join(texts, ", ")+".", "there is no question %q.", key)
		}
		text, ok := answerText(answers[key])
		if !ok {
			return nil, Errorf(InvalidArgument, "Give a label, a list of labels, or words of your own.", "the answer to %q is neither text nor a list of texts.", key)
		}
		said[list[i].Question] = text
	}
	for _, q := range list {
		if said[q.Question] == "" {
			return nil, Errorf(InvalidArgument, "Answer all of them at once, or deny.", "the question %q is not answered.", q.Question)
		}
	}
	input["answers"] = said
	raw, _ := json.Marshal(input) // it was JSON
	return raw, nil
}

// answerText is an answer as text.
func answerText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, strings.TrimSpace(v) != ""
	case []any:
		var parts []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ", "), len(parts) > 0
	}
	return "", false
}

// deliverFor bounds the wait for a process that is being started, or for a turn
// whose end cannot be stored.
const deliverFor = 30 * time.Second

// deliver gives an answer to the process that has asked, or keeps it for the one
// that will ask again.
func (e *Engine) deliver(ctx context.Context, asked sessionstore.Request, rep *reply) error {
	l := e.hold(asked.SessionID)
	defer e.drop(l)
	e.mu.Lock()
	j, r := l.running, l.runner
	e.mu.Unlock()
	if j == nil || r == nil || j.id != asked.TurnID {
		return e.keepReply(ctx, l, asked, rep)
	}
	select {
	case r.replies <- rep:
		return <-rep.done
	case <-j.done:
		return Errorf(Conflict, "Call get_session to see what the session does now.", "the turn that asked has ended.")
	case <-e.closing:
		return Errorf(Unavailable, "Answer again: the next call starts it anew, and the request stays.", "the engine is stopping.")
	case <-time.After(deliverFor):
		return Errorf(Unavailable, "Answer again in a moment.", "the session's process cannot take the answer now.")
	case <-ctx.Done():
		return storeError(ctx.Err())
	}
}

// keepReply stores an answer for a request whose process is gone.
func (e *Engine) keepReply(ctx context.Context, l *live, asked sessionstore.Request, rep *reply) error {
	l.commit.Lock()
	defer l.commit.Unlock()
	all, err := e.store.Requests(ctx, asked.SessionID, false)
	if err != nil {
		return e.fail("reading requests", err)
	}
	for _, now := range all {
		if now.ID == asked.ID {
			if err := checkOpen(now); err != nil {
				return err
			}
		}
	}
	closed := rep.close(asked, e)
	closed.Reply = &rep.said
	err = e.write(ctx, sessionstore.Mutation{Requests: []sessionstore.Request{closed}}, asked.SessionID, func(s *sessionstore.Session) {
		rep.grant.apply(&s.Settings)
		s.StatusReason = "answered; Claude Code is told when its process is back"
	})
	if err != nil {
		return e.fail("storing an answer", err)
	}
	return nil
}

// close is the request with its answer.
func (rep *reply) close(r sessionstore.Request, e *Engine) sessionstore.Request {
	r.Status, r.Message, r.AnsweredBy, r.AnsweredAt = sessionstore.RequestAllowed, rep.said.Message, rep.by, e.store.Now()
	if !rep.said.Allow {
		r.Status = sessionstore.RequestDenied
	}
	return r
}

func (c *Client) replied(ctx context.Context, asked sessionstore.Request, rep *reply) (Replied, error) {
	s, err := c.store.Session(context.WithoutCancel(ctx), asked.SessionID)
	if err != nil {
		return Replied{}, c.fail("reading a session", err)
	}
	closed := rep.close(asked, c.Engine)
	if rep.said.Input != nil {
		closed.Input, closed.Summary = rep.said.Input, agent.Describe(asked.Tool, rep.said.Input)
	}
	return Replied{
		Session: c.view(s), Request: c.viewRequest(closed, s), Added: rep.grant.String(),
		Next: fmt.Sprintf("The turn goes on. Call wait_for_session with sessions [%q] to wait for its end.", or(s.Name, s.ID[:8])),
	}, nil
}
