package engine

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	maxNote   = 10_000 // runes
	maxTags   = 50
	maxTagLen = 100 // runes
)

// Update changes a session's record and settings. A turn that runs takes a new
// model and permission mode at once; all else holds from the next prompt on.
// When a session was last active does not change.
func (c *Client) Update(ctx context.Context, _ Call, req UpdateRequest) (Updated, error) {
	s, err := c.find(ctx, "session", req.Session)
	if err != nil {
		return Updated{}, err
	}
	old, now, err := c.update1(ctx, s.ID, req)
	if err != nil {
		return Updated{}, err
	}
	out := Updated{Changed: differences(old, now)}
	if settings := settingsChanged(old.Settings, now.Settings); len(settings) > 0 {
		out.Live = c.tellLive(ctx, now, settings)
	}
	if title := now.Title(); title != old.Title() && (now.Name != "" || now.GivenTitle != "") {
		c.renameLive(ctx, now.ID, title)
	}
	if now, err = c.store.Session(context.WithoutCancel(ctx), s.ID); err != nil {
		return Updated{}, c.fail("reading a session", err)
	}
	out.Session = c.view(now)
	switch {
	case len(out.Changed) == 0:
		out.Next = "Nothing was to be changed: the session is as you want it."
	case now.Status == sessionstore.Waiting:
		out.Next = "What the session has asked already still waits for an answer: see get_session, then call answer_request."
	}
	return out, nil
}

// update1 stores the change.
func (c *Client) update1(ctx context.Context, id string, req UpdateRequest) (old, now sessionstore.Session, err error) {
	l := c.hold(id)
	defer c.drop(l)
	l.commit.Lock()
	defer l.commit.Unlock()
	if old, err = c.store.Session(ctx, id); err != nil {
		return old, now, c.fail("reading a session", err)
	}
	if now, err = c.updated(old.Clone(), req); err != nil || len(differences(old, now)) == 0 {
		return old, now, err
	}
	done, err := c.store.Commit(ctx, sessionstore.Mutation{Update: &now, At: old.UpdatedAt})
	if err != nil {
		return old, now, c.failNamed(ctx, "changing a session", now.Name, err)
	}
	return old, done.Session, nil
}

// updated is s as the request wants it, checked.
func (c *Client) updated(s sessionstore.Session, req UpdateRequest) (sessionstore.Session, error) {
	if empty := (UpdateRequest{Session: req.Session}); reflect.DeepEqual(req, empty) {
		return s, Errorf(InvalidArgument, "Give name, title, add_tags, remove_tags, note, archived or a setting.", "nothing is named that is to change.")
	}
	for _, text := range []struct {
		argument string
		to, from *string
	}{{"name", &s.Name, req.Name}, {"title", &s.GivenTitle, req.Title}} {
		if text.from == nil {
			continue
		}
		checked, err := checkLabel(text.argument, *text.from)
		if err != nil {
			return s, err
		}
		*text.to = checked
	}
	var err error
	if req.Note != nil {
		if s.Note, err = checkNote(*req.Note); err != nil {
			return s, err
		}
	}
	set(&s.Archived, req.Archived)
	if s.Tags, err = changeTags(s.Tags, req.AddTags, req.RemoveTags); err != nil {
		return s, err
	}
	return c.updatedSettings(s, req.SettingsPatch)
}

func checkNote(note string) (string, error) {
	if utf8.RuneCountInString(note) > maxNote || !utf8.ValidString(note) {
		return "", Errorf(InvalidArgument, "Shorten it.", "note must be text of at most %d characters.", maxNote)
	}
	return note, nil
}

// checkLabel checks a name or a title.
func checkLabel(argument, text string) (string, error) {
	if argument == "name" {
		return checkName(text)
	}
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxName {
		return "", Errorf(InvalidArgument, "Choose a short one on one line.", "%s must have at most %d characters and no control characters.", argument, maxName)
	}
	return text, nil
}

// changeTags adds and takes away tags; the order of what stays is kept.
func changeTags(tags, add, remove []string) ([]string, error) {
	tags = slices.DeleteFunc(tags, func(t string) bool { return slices.Contains(remove, t) })
	for _, t := range add {
		if t = strings.TrimSpace(t); t == "" || utf8.RuneCountInString(t) > maxTagLen || strings.ContainsFunc(t, unicode.IsControl) {
			return nil, Errorf(InvalidArgument, "Choose a short word.", "a tag must have 1 to %d characters and no control characters.", maxTagLen)
		}
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	if len(add) > 0 && len(tags) > maxTags {
		return nil, Errorf(InvalidArgument, "Give fewer, or take some away with remove_tags.", "a session has at most %d tags.", maxTags)
	}
	return tags, nil
}

// updatedSettings applies the patch as a resume does. Without one, settings are
// not looked at: who may not choose them may still rename the session.
func (c *Client) updatedSettings(s sessionstore.Session, p SettingsPatch) (sessionstore.Session, error) {
	if reflect.ValueOf(p).IsZero() {
		return s, nil
	}
	settings, err := c.settings(p, s.Settings)
	if err == nil && s.LastMessage != "" {
		err = samePrompt(s.Settings, settings)
	}
	if err != nil {
		return s, err
	}
	old := s
	s.Settings = settings
	return s, c.checkWider(old, s)
}

// differences names what a change has changed, in the words of arguments.
func differences(old, now sessionstore.Session) []string {
	changed := []string{}
	for _, field := range []struct {
		name string
		same bool
	}{
		{"name", old.Name == now.Name}, {"title", old.GivenTitle == now.GivenTitle}, {"tags", slices.Equal(old.Tags, now.Tags)},
		{"note", old.Note == now.Note}, {"archived", old.Archived == now.Archived},
	} {
		if !field.same {
			changed = append(changed, field.name)
		}
	}
	return append(changed, settingsChanged(old.Settings, now.Settings)...)
}

// settingsChanged names the settings that differ.
func settingsChanged(old, now sessionstore.Settings) []string {
	a, b := settingsByName(old), settingsByName(now)
	names := map[string]bool{}
	for name := range maps.Keys(a) {
		names[name] = string(a[name]) != string(b[name])
	}
	for name := range maps.Keys(b) {
		names[name] = string(a[name]) != string(b[name])
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(names))
}

func settingsByName(s sessionstore.Settings) (byName map[string]json.RawMessage) {
	raw, _ := json.Marshal(s) // plain data
	_ = json.Unmarshal(raw, &byName)
	return byName
}
