package engine

import (
	"context"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	maxName   = 200
	maxPrompt = 4 << 20 // bytes; the model takes less
	keptText  = 400     // runes of a prompt or result that the session's record keeps
)

// Start makes a new session and its first turn.
func (c *Client) Start(ctx context.Context, call Call, req StartRequest) (Answer, error) {
	if err := c.admit(req.WaitSeconds); err != nil {
		return Answer{}, err
	}
	wait := req.WaitSeconds
	req.WaitSeconds = nil
	print := fingerprintOf("start", req)
	if r, err := c.receipt(ctx, req.IdempotencyKey, print); err != nil {
		return Answer{}, err
	} else if r != nil {
		return c.repeat(ctx, call, *r, wait)
	}
	s, err := c.newSession(req)
	if err != nil {
		return Answer{}, err
	}
	turn := c.newTurn(call, s, req.Prompt)
	turn.Seq = seqStep
	if err := c.beginFromSummary(ctx, call, req, &s, &turn); err != nil {
		c.unpromise(s.ID)
		return Answer{}, err
	}
	return c.create(ctx, call, s, &turn, req.IdempotencyKey, print, wait)
}

// newSession checks a request and makes the record from it.
func (c *Client) newSession(req StartRequest) (sessionstore.Session, error) {
	var none sessionstore.Session
	if err := checkPrompt(req.Prompt); err != nil {
		return none, err
	}
	name, err := checkName(req.Name)
	if err != nil {
		return none, err
	}
	settings, err := c.settings(req.SettingsPatch, sessionstore.Settings{})
	if err != nil {
		return none, err
	}
	cwd, err := c.folder(req.Cwd)
	if err != nil {
		return none, err
	}
	tags, err := changeTags(nil, req.Tags, nil)
	if err != nil {
		return none, err
	}
	note, err := checkNote(req.Note)
	if err != nil {
		return none, err
	}
	id := c.newID(settings, cwd)
	return sessionstore.Session{
		ID: id, RootID: id, Name: name, Cwd: cwd, ConfigDir: c.env.configDir, Settings: settings,
		Tags: tags, Note: note, Origin: sessionstore.Managed, Status: sessionstore.Queued,
		CreatedAt: c.store.Now(), FirstPrompt: oneline.Shorten(req.Prompt, keptText), LastPrompt: oneline.Shorten(req.Prompt, keptText),
	}, nil
}

// create stores a new session, with its first turn if there is one, and waits
// for that as long as the caller does.
func (c *Client) create(ctx context.Context, call Call, s sessionstore.Session, turn *sessionstore.Turn, key, print string, wait *int) (Answer, error) {
	m := sessionstore.Mutation{Create: &s, Key: key, Receipt: sessionstore.Receipt{SessionID: s.ID, Request: print}}
	if turn != nil {
		m.Turns = []sessionstore.Turn{*turn}
		m.Receipt.TurnID = turn.ID
	}
	l := c.hold(s.ID)
	defer c.drop(l)
	l.commit.Lock()
	release, err := c.keepParent(ctx, s)
	var done sessionstore.Committed
	if err == nil {
		done, err = c.store.Commit(ctx, m)
	}
	release()
	if err == nil && done.Duplicate == nil && turn != nil {
		c.enqueue(l, newJob(*turn, c.env))
	}
	l.commit.Unlock()
	if err != nil {
		c.unpromise(s.ID)
		return Answer{}, c.failNamed(ctx, "creating a session", s.Name, err)
	}
	if d := done.Duplicate; d != nil {
		c.unpromise(s.ID)
		if err := checkReceipt(*d, print); err != nil {
			return Answer{}, err
		}
		return c.repeat(ctx, call, *d, wait)
	}
	return c.repeat(ctx, call, m.Receipt, wait)
}

// newTurn is a turn of s as it is to be now: what a later call changes of the
// session is not for the turns that wait already.
func (c *Client) newTurn(call Call, s sessionstore.Session, prompt string) sessionstore.Turn {
	return sessionstore.Turn{
		ID: uuid.NewString(), SessionID: s.ID, Prompt: prompt, Status: sessionstore.TurnQueued,
		Settings: s.Settings.Clone(), Cwd: s.Cwd,
		QueuedAt: c.store.Now(), Client: call.Client, Environment: c.env.fingerprint,
	}
}

func checkPrompt(prompt string) error {
	switch {
	case strings.TrimSpace(prompt) == "":
		return Errorf(InvalidArgument, "Say what the session is to do.", "prompt is empty.")
	case len(prompt) > maxPrompt:
		return Errorf(InvalidArgument, "Put it into a file and name the file.", "the prompt has %d bytes; at most %d are taken.", len(prompt), maxPrompt)
	case !utf8.ValidString(prompt):
		return Errorf(InvalidArgument, "", "the prompt is no valid UTF-8.")
	}
	return checkCommand(prompt)
}

// checkCommand refuses the commands with which Claude Code leaves its session
// for a new one (2.1.330): what is said afterwards would be in a transcript that
// is not this session's. Other commands are prompts like any other.
func checkCommand(prompt string) error {
	word := prompt
	if end := strings.IndexFunc(prompt, unicode.IsSpace); end >= 0 {
		word = prompt[:end]
	}
	switch word {
	case "/clear", "/reset", "/new":
		return Errorf(InvalidArgument, "Call start_session for an empty conversation (with from_session for one that begins from a summary), or send /compact to shorten this one.",
			"%s makes Claude Code leave the session for a new one.", word)
	}
	return nil
}

// likeID is what a name must not be: lists offer the first eight characters of an
// id, which must mean that session.
var likeID = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f-]*)?$`)

func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	bad := strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name)
	if bad || utf8.RuneCountInString(name) > maxName {
		return "", Errorf(InvalidArgument, "Choose a short name on one line.", "name must have at most %d characters and no control characters.", maxName)
	}
	if uuid.Validate(name) == nil || likeID.MatchString(name) {
		return "", Errorf(InvalidArgument, "Choose a name that says what the session is for.", "name must not look like an id or the beginning of one.")
	}
	return name, nil
}
