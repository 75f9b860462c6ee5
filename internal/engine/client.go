package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Client is an Engine as one Caller sees it. It is safe to use at once. Every
// error of its methods is an *Error, or the context's.
type Client struct {
	*Engine
	caller Caller
	env    *environment
}

// For returns the engine as caller sees it. Queued turns that wait for an
// environment like the caller's take it.
func (e *Engine) For(caller Caller) *Client {
	return &Client{Engine: e, caller: caller, env: e.environmentOf(caller)}
}

// admit is what every call that makes a run must pass.
func (c *Client) admit(wait *int) error {
	if _, err := waitSeconds(wait); err != nil {
		return err
	}
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return Errorf(Unavailable, "Try again: the next call starts it anew.", "the engine is stopping.")
	}
	return c.env.checkDepth()
}

// find resolves what a caller calls a session.
func (c *Client) find(ctx context.Context, argument, ref string) (sessionstore.Session, error) {
	if ref == "" {
		return sessionstore.Session{}, Errorf(InvalidArgument, "Give a name, an id, or a unique prefix of an id; list_sessions shows them.", "%s is empty.", argument)
	}
	s, err := c.store.Resolve(ctx, ref)
	var ambiguous *sessionstore.AmbiguousError
	switch {
	case errors.As(err, &ambiguous):
		return s, ambiguousError(ambiguous)
	case errors.Is(err, sessionstore.ErrNotFound):
		if utf8.RuneCountInString(ref) < sessionstore.MinPrefix {
			return s, Errorf(NotFound, fmt.Sprintf("Give a name, or at least %d characters of an id.", sessionstore.MinPrefix), "there is no session of the name %q.", ref)
		}
		return s, Errorf(NotFound, "Call list_sessions to see what there is.", "there is no session %q.", ref)
	case err != nil:
		return s, c.fail("resolving a session", err)
	}
	return s, nil
}

func ambiguousError(err *sessionstore.AmbiguousError) error {
	list := ""
	for i, s := range err.Candidates {
		if i > 0 {
			list += ", "
		}
		list += s.ID + " (" + oneline.Shorten(s.Title(), 40) + ")"
	}
	return Errorf(Ambiguous, "Give more of the id, or a name.", "%q fits several sessions: %s.", err.Ref, list)
}

// fingerprintOf identifies a request, but for how long its caller waits.
func fingerprintOf(kind string, request any) string {
	raw, _ := json.Marshal(request) // requests are plain data
	sum := sha256.Sum256(append([]byte(kind+"\n"), raw...))
	return hex.EncodeToString(sum[:12])
}

// receipt looks an idempotency key up. A nil receipt means that it is new.
func (c *Client) receipt(ctx context.Context, key, fingerprint string) (*sessionstore.Receipt, error) {
	if key == "" {
		return nil, nil
	}
	r, err := c.store.Receipt(ctx, "", key)
	if errors.Is(err, sessionstore.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, c.fail("looking an idempotency key up", err)
	}
	return &r, checkReceipt(r, fingerprint)
}

func checkReceipt(r sessionstore.Receipt, fingerprint string) error {
	if r.Request == fingerprint {
		return nil
	}
	return Errorf(Conflict, "Use a new key for a new request, or repeat the first one unchanged.",
		"this idempotency_key was used for a different request.")
}

// repeat answers a request that was carried out before.
func (c *Client) repeat(ctx context.Context, call Call, r sessionstore.Receipt, wait *int) (Answer, error) {
	if r.TurnID == "" {
		return c.answer(ctx, r.SessionID, "")
	}
	return c.await(ctx, call, r.SessionID, r.TurnID, wait)
}

// failNamed is fail for a write that gave a session a name: it says who has it.
func (c *Client) failNamed(ctx context.Context, what, name string, err error) error {
	if errors.Is(err, sessionstore.ErrNameTaken) {
		if s, err := c.store.Resolve(ctx, name); err == nil && s.Name == name {
			return Errorf(NameTaken, "Choose another name, or resume the session that has it.", "the name %q is taken by session %s.", name, s.ID)
		}
	}
	return c.fail(what, err)
}

// storeError tells what a caller may know of an error of the store.
func storeError(err error) *Error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Errorf(Timeout, "Try again.", "the call ended before its answer was there.")
	case errors.Is(err, sessionstore.ErrNotFound):
		return Errorf(NotFound, "Call list_sessions to see what there is.", "it is no longer there.")
	case errors.Is(err, sessionstore.ErrNameTaken):
		return Errorf(NameTaken, "Choose another name, or resume the session that has it.", "the name is taken.")
	case errors.Is(err, sessionstore.ErrConflict), errors.Is(err, sessionstore.ErrStaleLease), errors.Is(err, sessionstore.ErrLeased):
		return Errorf(Conflict, "Try again.", "somebody else changed the session at the same time.")
	case errors.Is(err, sessionstore.ErrFull):
		return Errorf(Unavailable, "Free some space on the disk of the data folder, then try again.", "the disk is nearly full, so nothing new is accepted.")
	case errors.Is(err, sessionstore.ErrClosed):
		return Errorf(Unavailable, "Try again: the next call starts it anew.", "the engine is stopping.")
	case errors.Is(err, sessionstore.ErrBadCursor):
		return Errorf(InvalidArgument, "Leave cursor out to begin at the first page.", "the cursor does not belong to this query.")
	}
	return AsError(err)
}
