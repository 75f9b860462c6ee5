package storetest

import (
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func listLaws() []Law {
	return []Law{
		{"a list is filtered", listFiltered},
		{"a folder is one of its own system", listByFolder},
		{"a list has an order", listOrdered},
		{"text is searched word by word, in any case", textSearched},
		{"a list follows what is written", listFollows},
		{"a query that makes no sense is refused", badQueries},
	}
}

// shelf makes sessions to be listed, in this order.
func (k *kit) shelf() {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	put := func(id string, edit func(*sessionstore.Session)) {
		k.clock.advance(time.Minute)
		k.create(id, edit)
	}
	put("a", func(s *sessionstore.Session) {
		s.Name, s.Cwd, s.Tags, s.CreatedAt = "Zoe", "/home/me/p", []string{"x", "y"}, at.Add(3*time.Hour)
	})
	put("b", func(s *sessionstore.Session) {
		s.Name, s.Cwd, s.Tags, s.Status = "adam", "/home/me/p/sub", []string{"y"}, sessionstore.Failed
	})
	put("c", func(s *sessionstore.Session) {
		s.Cwd, s.ParentID, s.RootID, s.CreatedAt = "/home/me/p2", "a", "a", at.Add(time.Hour)
	})
	put("d", func(s *sessionstore.Session) {
		s.Cwd, s.ConfigDir, s.Origin, s.CreatedAt = "/home/me/p/", "/c", sessionstore.Imported, at.Add(2*time.Hour)
	})
	put("e", func(s *sessionstore.Session) { s.Archived, s.Status, s.Name = true, sessionstore.Running, "Émile" })
}

// listByFolder selects by folders of any system: each by its own rules.
func listByFolder(k *kit) {
	for id, cwd := range map[string]string{"posix": "/home/kim/app", "wsl": "/mnt/c/Users/kim", "drive": `C:\Users\kim\app`, "other": `C:\Users\kim\app2`, "share": `\\server\share\x\`} {
		k.create(id, func(s *sessionstore.Session) { s.Cwd = cwd })
	}
	k.reopen()
	for folder, want := range map[string][]string{
		"/home": {"posix"}, `C:\Users\kim`: {"drive", "other"}, `c:/users/KIM/app/`: {"drive"}, `C:\`: {"drive", "other"},
		`\\server\share`: {"share"}, "/mnt/c": {"wsl"}, "/HOME": nil, `D:\`: nil,
	} {
		k.same("in "+folder, sorted(k.listIDs(sessionstore.Query{Cwd: folder})), want)
	}
}

func listFiltered(k *kit) {
	k.shelf()
	k.reopen()
	for _, c := range []struct {
		what string
		q    sessionstore.Query
		want []string
	}{
		{"all", sessionstore.Query{}, []string{"a", "b", "c", "d"}},
		{"one status", sessionstore.Query{Status: []sessionstore.Status{sessionstore.Failed}}, []string{"b"}},
		{"two statuses", sessionstore.Query{Status: []sessionstore.Status{sessionstore.Failed, sessionstore.Idle}}, []string{"a", "b", "c", "d"}},
		{"no such status", sessionstore.Query{Status: []sessionstore.Status{sessionstore.Missing}}, nil},
		{"a status of an archived one", sessionstore.Query{Status: []sessionstore.Status{sessionstore.Running}}, nil},
		{"a tag", sessionstore.Query{Tags: []string{"y"}}, []string{"a", "b"}},
		{"two tags", sessionstore.Query{Tags: []string{"y", "x"}}, []string{"a"}},
		{"a folder", sessionstore.Query{Cwd: "/home/me/p"}, []string{"a", "b", "d"}},
		{"a folder with a separator", sessionstore.Query{Cwd: "/home/me/p/"}, []string{"a", "b", "d"}},
		{"the top folder", sessionstore.Query{Cwd: "/"}, []string{"a", "b", "c", "d"}},
		{"a config folder", sessionstore.Query{ConfigDir: "/c"}, []string{"d"}},
		{"children", sessionstore.Query{ParentID: "a"}, []string{"c"}},
		{"a family", sessionstore.Query{RootID: "a"}, []string{"a", "c"}},
		{"imported ones", sessionstore.Query{Origin: sessionstore.Imported}, []string{"d"}},
		{"archived ones", sessionstore.Query{Archived: sessionstore.OnlyArchived}, []string{"e"}},
		{"archived or not", sessionstore.Query{Archived: sessionstore.AnyArchived}, []string{"a", "b", "c", "d", "e"}},
		{"updated after", sessionstore.Query{UpdatedAfter: k.session("b").UpdatedAt}, []string{"c", "d"}},
		{"several at once", sessionstore.Query{Tags: []string{"y"}, Cwd: "/home/me/p", Status: []sessionstore.Status{sessionstore.Idle}}, []string{"a"}},
	} {
		k.same(c.what, sorted(k.listIDs(c.q)), c.want)
		if p := k.list(c.q); p.Total != len(c.want) {
			k.Errorf("%s: got a total of %d, want %d", c.what, p.Total, len(c.want))
		}
		k.same(c.what+", selected", k.selected(c.q, "a", "b", "c", "d", "e", "nobody"), c.want)
	}
}

// selected are those of some sessions that a query selects.
func (k *kit) selected(q sessionstore.Query, ids ...string) (selected []string) {
	fits, err := k.Selector(q)
	k.must(err)
	for _, id := range ids {
		ok, err := fits(k.ctx, id)
		k.must(err)
		if ok {
			selected = append(selected, id)
		}
	}
	return selected
}

func listOrdered(k *kit) {
	k.shelf()
	k.update(k.session("b"), func(*sessionstore.Session) {})
	k.reopen()
	for order, want := range map[sessionstore.Order][]string{
		"":                     {"b", "e", "d", "c", "a"},
		sessionstore.ByUpdated: {"b", "e", "d", "c", "a"},
		sessionstore.ByCreated: {"a", "d", "c", "b", "e"}, // b and e have no time
		sessionstore.ByName:    {"a", "b", "e", "c", "d"}, // Zoe, adam, Émile
	} {
		for _, limit := range []int{0, 1, 2} {
			q := sessionstore.Query{Order: order, Limit: limit, Archived: sessionstore.AnyArchived}
			k.same("order "+string(order), k.listIDs(q), want)
		}
	}
}

func textSearched(k *kit) {
	k.create("name", named("Straße nach Zürich"))
	k.create("title", func(s *sessionstore.Session) { s.CLITitle = "The ΣΊΣΥΦΟΣ problem" })
	k.create("note", func(s *sessionstore.Session) { s.Note = "look at main.go" })
	k.create("first", func(s *sessionstore.Session) { s.FirstPrompt = "Fix the\nPROBLEM" })
	k.create("last", func(s *sessionstore.Session) { s.LastPrompt = "thanks" })
	k.create("tag", func(s *sessionstore.Session) { s.Tags, s.Cwd = []string{"thanks"}, "/thanks" })
	k.reopen()
	for text, want := range map[string][]string{
		"STRASSE":        {"name"},
		"zÜR":            {"name"},
		"σίσυφος":        {"title"},
		"problem":        {"first", "title"},
		"  problem the ": {"first", "title"},
		"problem fix":    {"first"},
		"problem zürich": nil,
		"main.go":        {"note"},
		"main*go":        nil,
		"THANKS":         {"last"},
		"\t\n":           {"first", "last", "name", "note", "tag", "title"},
	} {
		k.same("text "+text, sorted(k.listIDs(sessionstore.Query{Text: text})), want)
	}
}

func listFollows(k *kit) {
	a, b := k.create("a", named("one")), k.create("b")
	a = k.update(a, func(s *sessionstore.Session) { s.Status, s.Tags, s.Name = sessionstore.Running, []string{"t"}, "two" })
	running := sessionstore.Query{Status: []sessionstore.Status{sessionstore.Running}}
	k.same("running", k.listIDs(running), []string{"a"})
	k.same("tagged", k.listIDs(sessionstore.Query{Tags: []string{"t"}}), []string{"a"})
	k.same("old name", k.listIDs(sessionstore.Query{Text: "one"}), []string(nil))
	k.same("by update", k.listIDs(sessionstore.Query{}), []string{"a", "b"})
	k.update(a, func(s *sessionstore.Session) { s.Archived = true })
	k.same("after archiving", k.listIDs(sessionstore.Query{}), []string{"b"})
	k.same("running, after archiving", k.list(running).Total, 0)
	k.must(k.Delete(k.ctx, b.ID, 0))
	k.same("after deleting", k.list(sessionstore.Query{}), sessionstore.Page{})
}

func badQueries(k *kit) {
	k.create("a")
	for _, q := range []sessionstore.Query{{Order: "size"}, {Archived: "maybe"}} {
		if p, err := k.List(k.ctx, q); err == nil {
			k.Errorf("List(%+v): got %+v and no error", q, p)
		}
		if _, err := k.Selector(q); err == nil {
			k.Errorf("Selector(%+v): got no error", q)
		}
	}
}
