package sessionstore

import (
	"context"
	"errors"
	"fmt"
)

// Commit implements Store.
func (db *DB) Commit(ctx context.Context, m Mutation) (out Committed, err error) {
	subject, err := m.subject()
	if err != nil {
		return Committed{}, err
	}
	err = db.write(ctx, 0, func(p *plan) error {
		c := committer{plan: p, m: m, subject: subject}
		out, err = c.run()
		return err
	})
	if err != nil {
		return Committed{}, err
	}
	return out, nil
}

// subject returns the id of the session that m concerns: that of Update if
// there is one, of Create if nothing else is concerned.
func (m *Mutation) subject() (id string, err error) {
	for _, s := range m.concerned() {
		if m.Create != nil && s == m.Create.ID {
			continue
		}
		if id != "" && s != id {
			return "", fmt.Errorf("a write must not span the sessions %s and %s", id, s)
		}
		id = s
	}
	if id == "" && m.Create != nil {
		id = m.Create.ID
	}
	return id, m.check()
}

// concerned returns the sessions of all parts, doubles included.
func (m *Mutation) concerned() (ids []string) {
	if m.Update != nil {
		ids = append(ids, m.Update.ID)
	}
	for _, t := range m.Turns {
		ids = append(ids, t.SessionID)
	}
	for _, r := range m.Requests {
		ids = append(ids, r.SessionID)
	}
	if m.Source != nil {
		ids = append(ids, m.Source.SessionID)
	}
	if m.Key != "" && len(ids) == 0 && m.Create == nil {
		ids = append(ids, m.Receipt.SessionID)
	}
	return ids
}

// check refuses what no record may be without.
func (m *Mutation) check() error {
	for _, s := range []*Session{m.Create, m.Update} {
		if s != nil && (s.ID == "" || s.Status == "") {
			return errors.New("a session needs an id and a status")
		}
	}
	for _, t := range m.Turns {
		if t.ID == "" || t.Status == "" {
			return errors.New("a turn needs an id and a status")
		}
	}
	for _, r := range m.Requests {
		if r.ID == "" {
			return errors.New("a request needs an id")
		}
	}
	return nil
}

// committer plans one mutation.
type committer struct {
	*plan
	m       Mutation
	subject string
	out     Committed
}

func (c *committer) run() (Committed, error) {
	if done, err := c.duplicate(); done || err != nil {
		return c.out, err
	}
	for _, step := range []func() error{c.checkToken, c.update, c.create, c.turns, c.requests, c.source, c.receipt, c.announce} {
		if err := step(); err != nil {
			return Committed{}, err
		}
	}
	c.out.Seq = c.seq
	return c.out, nil
}

func (c *committer) checkToken() error {
	if c.m.Token == 0 {
		return nil
	}
	s, err := c.session(c.subject)
	if err != nil {
		return err
	}
	return c.checkLease(s.num, c.m.Token)
}

func (c *committer) update() error {
	if c.m.Update == nil {
		return nil
	}
	next := c.m.Update.Clone()
	known, err := c.session(next.ID)
	if err != nil {
		return err
	}
	old, err := planned[Session](c.plan, numberKey(kindRecord, known.num))
	if err != nil {
		return err
	}
	if old.Version != next.Version {
		return ErrConflict
	}
	next.Version++
	if err := c.rename(old.Name, next.Name, next.ID); err != nil {
		return err
	}
	c.out.Session, err = c.put(known.num, next)
	return err
}

func (c *committer) create() error {
	if c.m.Create == nil {
		return nil
	}
	s := c.m.Create.Clone()
	if exists, err := c.has(stringKey(kindSummary, s.ID)); err != nil {
		return err
	} else if exists {
		return ErrExists
	}
	if err := c.rename("", s.Name, s.ID); err != nil {
		return err
	}
	if buried, err := c.has(stringKey(kindTomb, s.ID)); err != nil {
		return err
	} else if buried {
		c.del(stringKey(kindTomb, s.ID))
	}
	s.Version = 1
	num, err := c.change(Change{SessionID: s.ID, Kind: "session"})
	if err != nil {
		return err
	}
	c.out.Created, err = c.put(num, s)
	if c.m.Update == nil {
		c.out.Session = c.out.Created.Clone()
	}
	return err
}

// rename gives a session a name that nobody else has, and frees the old one.
func (c *committer) rename(old, name, id string) error {
	if old == name {
		return nil
	}
	if name != "" {
		if taken, err := c.has(stringKey(kindName, name)); err != nil {
			return err
		} else if taken {
			return ErrNameTaken
		}
		c.set(stringKey(kindName, name), []byte(id))
	}
	if old != "" {
		c.del(stringKey(kindName, old))
	}
	return nil
}

// put plans the record of a session and its summary.
func (c *committer) put(num uint64, s Session) (Session, error) {
	if s.UpdatedAt = c.m.At.UTC().Round(0); c.m.At.IsZero() || c.m.At.After(c.now) {
		s.UpdatedAt = c.tick()
	}
	sum := summarize(num, s)
	c.puts = append(c.puts, sum)
	c.set(stringKey(kindSummary, s.ID), sum.pack())
	return s, c.setJSON(numberKey(kindRecord, num), s)
}

// announce notes a change for each turn, and for the session and the turns of
// requests if no change tells of them already. That of Create is noted.
func (c *committer) announce() error {
	told := make(map[Change]bool)
	if c.m.Create != nil {
		told[Change{SessionID: c.m.Create.ID}] = true
	}
	tell := func(session, turn string) error {
		if told[Change{SessionID: session, TurnID: turn}] {
			return nil
		}
		told[Change{SessionID: session, TurnID: turn}] = true
		told[Change{SessionID: session}] = true
		_, err := c.change(Change{SessionID: session, TurnID: turn, Kind: "session"})
		return err
	}
	for _, t := range c.m.Turns {
		if err := tell(t.SessionID, t.ID); err != nil {
			return err
		}
	}
	for _, r := range c.m.Requests {
		if err := tell(r.SessionID, r.TurnID); err != nil {
			return err
		}
	}
	if c.m.Update == nil {
		return nil
	}
	return tell(c.m.Update.ID, "")
}
